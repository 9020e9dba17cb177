// Load, decide, commit: the one way a single task is changed, with the race for its version run again when lost.
// Effects are the caller's: it knows what it has seen besides. allocate-slots.ts changes several tasks at once.
import { RelayError } from '../domain/relay-error.ts';
import { decide } from '../domain/task/decide.ts';
import { decideContext } from '../ports/flow-ports.ts';
import { reportChange } from './report-change.ts';
import type { Effect, Refusal, TaskEvent } from '../domain/task/event.ts';
import type { Task } from '../domain/task/task.ts';
import type { FlowPorts } from '../ports/flow-ports.ts';

export type Applied =
  | { readonly kind: 'changed'; readonly before: Task; readonly after: Task; readonly effects: readonly Effect[] }
  | { readonly kind: 'refused'; readonly task: Task; readonly reason: Refusal }
  | { readonly kind: 'unknown' }
  /** Only for events that take up room again: the account has no room or no credit left. */
  | { readonly kind: 'account-full' }
  | { readonly kind: 'balance-empty' };

/** Races for one task are short; whoever loses this often meets a fault, not a rival. */
const TRIES_MAX = 12;

/**
 * @param known the task as just read, to spare the first load.
 * @throws RelayError `store-contended` after losing the race too often, `store-unavailable` from the store.
 */
export const applyEvent = async (
  ports: FlowPorts,
  taskId: string,
  event: TaskEvent,
  known?: Task,
): Promise<Applied> => {
  let task = known;
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    task ??= await ports.store.loadTask(taskId);
    if (!task) return { kind: 'unknown' };
    const decision = decide(task, event, decideContext(ports));
    if (decision.kind === 'refused') return { kind: 'refused', task, reason: decision.reason };
    const change = { before: task, after: decision.task };
    const result = await ports.store.commit({ changes: [change] });
    if (result.kind === 'committed') {
      reportChange(ports, change);
      return { kind: 'changed', ...change, effects: decision.effects };
    }
    if (result.kind !== 'lost') return result;
    task = undefined;
  }
  throw new RelayError('store-contended', 'A task changed under every try to commit', { taskId, event: event.type });
};
