// Maps an address to its view. An unknown address has a view of its own, "not found".

export type ViewName =
  | 'overview'
  | 'tasks'
  | 'task'
  | 'failures'
  | 'webhooks'
  | 'endpoint'
  | 'accounts'
  | 'account'
  | 'gate'
  | 'alarms'
  | 'dead-letters'
  | 'audit'
  | 'simulator'
  | 'runbook'
  | 'unknown';

export interface ViewPlace {
  readonly view: ViewName;
  /** Of the thing that the view shows: a task, an endpoint. */
  readonly id?: string;
}

const plain: Readonly<Record<string, ViewName>> = {
  '': 'overview',
  tasks: 'tasks',
  failures: 'failures',
  webhooks: 'webhooks',
  accounts: 'accounts',
  gate: 'gate',
  alarms: 'alarms',
  'dead-letters': 'dead-letters',
  audit: 'audit',
  simulator: 'simulator',
  runbook: 'runbook',
};

/** Views of one thing, by the view that lists them. */
const ofOne: Readonly<Record<string, ViewName>> = { tasks: 'task', webhooks: 'endpoint', accounts: 'account' };

/** @param path below `/console/`, without slashes around it. */
export function viewOf(path: string): ViewPlace {
  const [first = '', id, ...rest] = path.split('/');
  const views = id === undefined ? plain : ofOne;
  const view = rest.length === 0 && Object.hasOwn(views, first) ? views[first] : undefined;
  return { view: view ?? 'unknown', ...(view !== undefined && id !== undefined && { id }) };
}
