// Decides whether an account may have one more unfinished task by the relay's default. The store enforces an account's
// own limit exactly. For all other accounts no count is kept, which would cost two writes a task: the number of their
// tasks that wait for a slot, which the gate knows anyway, is compared with the bound.
import { DEFAULT_GATE_ID } from '../../core/domain/gate/gate.ts';
import { tasksIn } from '../../core/domain/gate/gate-view.ts';
import { documentedFailure } from '../../core/http/http-failure.ts';
import type { Account } from '../../core/domain/account.ts';
import type { AccountQueues } from '../../core/domain/gate/gate-view.ts';
import type { HttpFailure } from '../../core/http/http-failure.ts';
import type { FlowPorts } from '../../core/ports/flow-ports.ts';

/** It is unknown when one of many thousand tasks ends; within a minute some will. */
const RETRY_SECONDS = '60';

/**
 * The refusal of a further task of this account: 429, with what is used up and `Retry-After`. Undefined when there is
 * room.
 */
export function whyFull(
  { settings }: Pick<FlowPorts, 'settings'>,
  account: Account,
  queues: AccountQueues | undefined,
): HttpFailure | undefined {
  if (account.isOperator || account.concurrentTasksMax !== undefined) return undefined;
  const { unfinishedTasksMax } = settings.shares;
  const waiting = Math.max(tasksIn(queues), account.activeTasks);
  if (waiting < unfinishedTasksMax) return undefined;
  const details = `the account has ${waiting} unfinished tasks, at most ${unfinishedTasksMax} are allowed`;
  return documentedFailure(429, 0, { 'retry-after': RETRY_SECONDS }, details);
}

/** The refusal where the store has found the account's own limit reached. */
export function accountFull({ concurrentTasksMax }: Pick<Account, 'concurrentTasksMax'>): HttpFailure {
  const max = concurrentTasksMax === undefined ? '' : `, ${concurrentTasksMax}`;
  const details = `the account has as many unfinished tasks as it may have${max}`;
  return documentedFailure(429, 0, { 'retry-after': RETRY_SECONDS }, details);
}

export function countRefusal({ metrics }: Pick<FlowPorts, 'metrics'>, { id: accountId }: Account): void {
  metrics.emit({ values: { RequestsRefused: 1 }, properties: { accountId } });
}

/** Used for a task that is put back. @throws HttpFailure 429 from whyFull. */
export async function refuseWhenFull(ports: FlowPorts, account: Account): Promise<void> {
  const refusal = whyFull(ports, account, await ports.store.loadQueues(DEFAULT_GATE_ID, account.id));
  if (!refusal) return;
  countRefusal(ports, account);
  throw refusal;
}
