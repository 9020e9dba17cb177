// Load, decide, commit: the one way to change a single task, repeated when the race for its version is lost.
// The caller performs the effects: it knows what else it has seen. allocate-slots.ts changes several tasks at once.
import { RelayError } from '../domain/relay-error.ts';
import { commitOptimistically, tryPolicies } from '../ports/optimistic-commit.ts';
import { decideSoundly } from './decide-soundly.ts';
import { learnOutcomes } from './learn-outcomes.ts';
import { reportChange } from './report-change.ts';
import type { AccountRefusal } from '../domain/account.ts';
import type { Effect, Refusal, TaskEvent } from '../domain/task/event.ts';
import type { Task } from '../domain/task/task.ts';
import type { FlowPorts } from '../ports/flow-ports.ts';
import type { Tried } from '../ports/optimistic-commit.ts';

type Applied =
  | { readonly kind: 'changed'; readonly before: Task; readonly after: Task; readonly effects: readonly Effect[] }
  | { readonly kind: 'refused'; readonly task: Task; readonly reason: Refusal }
  | { readonly kind: 'unknown' }
  /** Only for events that need room again: the account has no room, or no money left. */
  | { readonly kind: AccountRefusal };

/**
 * @param known the task as just read, to save the first load.
 * @throws RelayError `store-contended` after losing the race too often, `store-unavailable` from the store,
 * `task-damaged`
 *   for a damaged row, `decision-unsound` for a decision that would have damaged it.
 */
export async function applyEvent(ports: FlowPorts, taskId: string, event: TaskEvent, known?: Task): Promise<Applied> {
  const attempt = async (tries: number): Promise<Tried<Applied>> => {
    const task = (tries === 0 ? known : undefined) ?? (await ports.store.loadTask(taskId));
    if (!task) return { result: { kind: 'unknown' } };
    const decision = decideSoundly(ports, task, event);
    if (decision.kind === 'refused') return { result: { kind: 'refused', task, reason: decision.reason } };
    const change = { before: task, after: decision.task };
    const committed = await ports.store.commit({ changes: [change] });
    if (committed.kind === 'lost') return 'lost';
    if (committed.kind !== 'committed') return { result: committed };
    reportChange(ports, change);
    // Before the slot is granted to another task: a circuit that has just opened keeps that task waiting.
    await learnOutcomes(ports, change);
    return { result: { kind: 'changed', ...change, effects: decision.effects } };
  };
  const contended = (): Error =>
    new RelayError('store-contended', 'A task changed during every try to commit', { taskId, event: event.type });
  return commitOptimistically(ports, { policy: tryPolicies.task, attempt, contended });
}
