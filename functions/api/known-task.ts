// A task as the calls that show it read it: sound, or with a damaged row, of which they show what is known.
// task-calls.ts decides whose task may be read; an operator handles a damaged row.
import { DamagedTaskError } from '../../core/domain/task/damaged-task.ts';
import { isFinal } from '../../core/domain/task/task.ts';
import { ownFailure } from '../../core/http/http-failure.ts';
import type { Account } from '../../core/domain/account.ts';
import type { DamagedTask } from '../../core/domain/task/damaged-task.ts';
import type { Task } from '../../core/domain/task/task.ts';
import type { FlowPorts } from '../../core/ports/flow-ports.ts';

export type KnownTask =
  | { readonly kind: 'sound'; readonly task: Task }
  | { readonly kind: 'damaged'; readonly task: Pick<DamagedTask, 'id' | 'accountId'>; readonly damaged: DamagedTask };

/** Undefined for a task that does not exist. */
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

/** Whether waiting is pointless: the task has ended, or only an operator can move it. */
export function isAtRest(known: KnownTask): boolean {
  return known.kind === 'damaged' || isFinal(known.task.status);
}

/**
 * For a task that was not found.
 * @throws HttpFailure 410 if the account's own task was erased, for an operator any.
 */
export async function refuseErased(
  { store }: Pick<FlowPorts, 'store'>,
  account: Pick<Account, 'id' | 'isOperator'>,
  taskId: string,
): Promise<void> {
  const erased = await store.loadErased(taskId);
  if (!erased || (erased.accountId !== account.id && !account.isOperator)) return;
  throw ownFailure('gone', `the task was erased at ${new Date(erased.erasedAt).toISOString()}`);
}
