// Which of the shown tasks the user has selected. A task that leaves the list leaves the selection too: no bulk act may
// reach what the user does not see.
import { useState } from 'preact/hooks';
import type { Selection } from './task-table.tsx';
import type { ListedTask } from './listed-task.ts';

export interface TaskSelection extends Selection {
  readonly clear: () => void;
}

export function useSelection(tasks: readonly ListedTask[]): TaskSelection {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const shown = tasks.map(({ id }) => id);
  const ids = new Set(shown.filter((id) => chosen.has(id)));
  const toggle = (taskId: string): void => {
    const next = new Set(ids);
    if (!next.delete(taskId)) next.add(taskId);
    setChosen(next);
  };
  return {
    ids,
    toggle,
    toggleAll: () => setChosen(new Set(ids.size === shown.length ? [] : shown)),
    clear: () => setChosen(new Set()),
  };
}
