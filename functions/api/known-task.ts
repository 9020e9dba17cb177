// A task as the calls that show it read it: sound, or with a row that cannot be, of which they show what is known.
// Whose task may be read is task-calls.ts's; what is done about a damaged row, an operator's.
import { DamagedTaskError } from '../../core/domain/task/damaged-task.ts';
import { isFinal } from '../../core/domain/task/task.ts';
import { publicDamagedTask, publicTask } from '../../core/http/public-task.ts';
import type { DamagedTask } from '../../core/domain/task/damaged-task.ts';
import type { Task } from '../../core/domain/task/task.ts';
import type { PublicTask } from '../../core/http/public-task.ts';
import type { FlowPorts } from '../../core/ports/flow-ports.ts';

export type KnownTask =
  | { readonly kind: 'sound'; readonly task: Task }
  | { readonly kind: 'damaged'; readonly task: Pick<DamagedTask, 'id' | 'accountId'>; readonly damaged: DamagedTask };

/** Undefined for a task that is not there. */
export async function loadKnownTask(
  { store }: Pick<FlowPorts, 'store'>,
  taskId: string,
): Promise<KnownTask | undefined> {
  try {
    const task = await store.loadTask(taskId);
    return task && { kind: 'sound', task };
  } catch (error) {
    if (!(error instanceof DamagedTaskError)) throw error;
    const { damaged } = error;
    return { kind: 'damaged', task: damaged, damaged };
  }
}

export function shownTask(known: KnownTask): PublicTask {
  return known.kind === 'sound' ? publicTask(known.task) : publicDamagedTask(known.damaged);
}

/** Whether waiting changes nothing: it has ended, or nobody but an operator will move it. */
export function isAtRest(known: KnownTask): boolean {
  return known.kind === 'damaged' || isFinal(known.task.status);
}
