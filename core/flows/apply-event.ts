// Applies one event to one task, as apply-events.ts does for several, and throws what fails.
// The caller performs the effects.
import { applyEvents } from './apply-events.ts';
import type { TaskEvent } from '../domain/task/event.ts';
import type { Task } from '../domain/task/task.ts';
import type { FlowPorts } from '../ports/flow-ports.ts';
import type { Applied } from './apply-events.ts';

/**
 * @param known the task as just read, to save the first load.
 * @throws RelayError `store-contended` after losing the race too often, `store-unavailable` from the store,
 * `task-damaged`
 *   for a damaged row, `decision-unsound` for a decision that would have damaged it.
 */
export async function applyEvent(ports: FlowPorts, taskId: string, event: TaskEvent, known?: Task): Promise<Applied> {
  const [applied] = await applyEvents(ports, [{ taskId, event, known }]);
  if (!applied) throw new Error('an event without a result');
  if (applied.kind === 'failed') throw applied.error;
  return applied;
}
