// The calls that change existing tasks: cancel and put back. They bring the whole state machine with them, so the function
// loads them with the first of these calls; task-calls.ts shows tasks, the domain decides what a change means.
import { documentedFailure, ownFailure } from '../../core/http/http-failure.ts';
import { publicTask } from '../../core/http/public-task.ts';
import { applyEvent } from '../../core/flows/apply-event.ts';
import { performEffects } from '../../core/flows/perform-effects.ts';
import { renewInput } from '../../core/flows/renew-input.ts';
import { refuseErased } from './known-task.ts';
import { shownTo } from './asked-account.ts';
import { moneyFailure, reserveForRetry } from './submit-money.ts';
import { accountFull, refuseWhenFull } from './refuse-when-full.ts';
import { loadOwnTask } from './task-calls.ts';
import type { Account } from '../../core/domain/account.ts';
import type { Task } from '../../core/domain/task/task.ts';
import type { TaskEvent } from '../../core/domain/task/event.ts';
import type { InputPorts } from '../../core/flows/load-input.ts';
import type { AccountStore } from '../../core/ports/ports.ts';
import type { Answer } from '../../core/http/answer.ts';
import type { FlowPorts } from '../../core/ports/flow-ports.ts';
import type { PricedPorts } from './submit-money.ts';

export async function cancelTask(ports: FlowPorts, account: Account, taskId: string): Promise<Answer> {
  const task = await loadOwnTask(ports, account, taskId);
  return change(ports, account, task, { type: 'cancel-requested' }, (found) => {
    // A client that repeats the call because the first answer was lost is answered that it is done.
    if (found.status === 'cancelled') return changed(account, found);
    throw ownFailure('taskEnded');
  });
}

type RetryPorts = FlowPorts & PricedPorts & InputPorts & { readonly accounts: Pick<AccountStore, 'loadAccount'> };

export async function retryTask(ports: RetryPorts, account: Account, taskId: string): Promise<Answer> {
  const task = await loadOwnTask(ports, account, taskId);
  if (task.accountId === account.id) await refuseWhenFull(ports, account);
  // The task's own account pays, never an operator's: an operator's permission must not spend the operator's money.
  const owner = task.accountId === account.id ? account : await ports.accounts.loadAccount(task.accountId);
  const reserve = owner && (await reserveForRetry(ports, owner, task));
  await renewInput(ports, task);
  const isCounted = owner?.concurrentTasksMax !== undefined;
  return change(ports, account, task, { type: 'retry-requested', isCounted, reserve }, () => {
    throw ownFailure('taskNotFailed');
  });
}

function changed(account: Account, task: Task): Answer {
  const { accountId } = task;
  return { status: 200, body: shownTo(account, accountId, publicTask(task)), ownerId: accountId };
}

async function change(
  ports: FlowPorts,
  account: Account,
  task: Task,
  event: TaskEvent,
  onRefused: (found: Task) => Answer,
): Promise<Answer> {
  const applied = await applyEvent(ports, task.id, event, task);
  switch (applied.kind) {
    case 'changed':
      await performEffects(ports, applied.effects, applied.after);
      return changed(account, applied.after);
    case 'refused':
      return onRefused(applied.task);
    case 'unknown':
      // It was there a moment ago, when it was read.
      await refuseErased(ports, account, task.id);
      throw documentedFailure(404);
    case 'account-full':
      throw accountFull(task.accountId === account.id ? account : {});
    default:
      throw moneyFailure(applied.kind, priceOfEvent(event), ports.clock.now());
  }
}

function priceOfEvent(event: TaskEvent): number {
  return (event.type === 'retry-requested' && event.reserve?.priceMicros) || 0;
}
