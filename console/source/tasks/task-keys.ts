// The keyboard in the list of tasks: j and k move the focus from task to task, so that Enter opens the one with it.
import { useKeys } from '../parts/use-keys.ts';

interface TaskKeys {
  readonly onSelect: (taskId: string) => void;
  readonly onHold: () => void;
  readonly onHelp: () => void;
}

function rowLinks(): HTMLAnchorElement[] {
  return [...document.querySelectorAll<HTMLAnchorElement>('.rows .cell-id a')];
}

/** The row that has the focus, wherever in it; -1 without one. */
function focusedIndex(links: readonly HTMLAnchorElement[]): number {
  const row = document.activeElement?.closest('tr');
  return row ? links.findIndex((link) => link.closest('tr') === row) : -1;
}

function step(by: 1 | -1): void {
  const links = rowLinks();
  const index = focusedIndex(links);
  const next = index === -1 && by === -1 ? links.length - 1 : index + by;
  links[Math.max(0, Math.min(links.length - 1, next))]?.focus();
}

export function useTaskKeys({ onSelect, onHold, onHelp }: TaskKeys): void {
  useKeys({
    '/': () => document.getElementById('filter-model')?.focus(),
    j: () => step(1),
    k: () => step(-1),
    x: () => {
      const links = rowLinks();
      const id = links[focusedIndex(links)]?.closest('tr')?.dataset['task'];
      if (id !== undefined) onSelect(id);
    },
    p: onHold,
    '?': onHelp,
  });
}
