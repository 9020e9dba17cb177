// Maps an address to its view. An unknown address has a view of its own, "not found".

export type ViewName = 'overview' | 'tasks' | 'task' | 'gate' | 'alarms' | 'simulator' | 'unknown';

export interface ViewPlace {
  readonly view: ViewName;
  /** Of the view `task`. */
  readonly taskId?: string;
}

const plain: Readonly<Record<string, ViewName>> = {
  '': 'overview',
  tasks: 'tasks',
  gate: 'gate',
  alarms: 'alarms',
  simulator: 'simulator',
};

/** @param path below `/console/`, without slashes around it. */
export function viewOf(path: string): ViewPlace {
  const [first = '', taskId, ...rest] = path.split('/');
  if (first === 'tasks' && taskId !== undefined && rest.length === 0) return { view: 'task', taskId };
  return { view: taskId === undefined && Object.hasOwn(plain, first) ? (plain[first] ?? 'unknown') : 'unknown' };
}
