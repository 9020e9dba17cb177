// `POST /v1/requests/{id}/erase`: erases a task of the account. Repeating the call finishes an erasure that broke off, and
// answers as the first. core/flows/erase-task.ts says what is removed.
import { eraseTask, removeContents } from '../../core/flows/erase-task.ts';
import { ownFailure } from '../../core/http/http-failure.ts';
import { isTaskId, loadOwnTask } from './task-calls.ts';
import type { Account } from '../../core/domain/account.ts';
import type { Task } from '../../core/domain/task/task.ts';
import type { ErasurePorts } from '../../core/flows/erase-task.ts';
import type { Answer } from '../../core/http/answer.ts';
import type { WebhookApiPorts } from './webhook-ports.ts';

export type ErasePorts = WebhookApiPorts & Pick<ErasurePorts, 'erasures' | 'inputs' | 'kept' | 'spend'>;

/** @throws HttpFailure 404 for another account's task; 409 for one whose attempts or webhooks are under way. */
export async function eraseOwnTask(ports: ErasePorts, account: Account, spelt: string): Promise<Answer> {
  const taskId = spelt.toLowerCase();
  const earlier = isTaskId(taskId) ? await ports.store.loadErased(taskId) : undefined;
  if (earlier && (earlier.accountId === account.id || account.isOperator)) {
    if (earlier.contents) await removeContents(ports, taskId, earlier.contents);
    return answerOf({ id: taskId, accountId: earlier.accountId }, earlier.erasedAt);
  }
  const task = await loadOwnTask(ports, account, taskId);
  const result = await eraseTask(ports, task);
  if (result.kind === 'erased') return answerOf(task, result.erasedAt);
  if (result.kind === 'unfinished') throw ownFailure('taskUnfinished');
  throw ownFailure(
    'changedByOthers',
    result.kind === 'under-way' ? 'its end is being reported and counted; try again in ten seconds' : undefined,
  );
}

function answerOf({ id, accountId }: Pick<Task, 'id' | 'accountId'>, erasedAt: number): Answer {
  const body = { id, status: 'erased', erased_at: new Date(erasedAt).toISOString() };
  return { status: 200, body, ownerId: accountId };
}
