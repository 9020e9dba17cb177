// Whether an account may have one more unfinished task by the relay's default. The store enforces an account's own
// limit exactly. For all others nothing is counted with their tasks, which would cost two writes each: the bound is
// compared with what the gate knows anyway, how many of their tasks wait for a slot.
import { DEFAULT_GATE_ID, waitingQueues } from '../../core/domain/gate/gate.ts';
import { documentedFailure } from '../../core/http/http-failure.ts';
import type { Account } from '../../core/domain/account.ts';
import type { Gate } from '../../core/domain/gate/gate.ts';
import type { HttpFailure } from '../../core/http/http-failure.ts';
import type { FlowPorts } from '../../core/ports/flow-ports.ts';

/** It is unknown when one of many thousand tasks ends; a minute later some will have. */
const RETRY_SECONDS = '60';

function waitingOf(gate: Gate, accountId: string): number {
  return waitingQueues(gate).reduce((sum, queue) => sum + (queue.accountId === accountId ? queue.tasks : 0), 0);
}

/** The refusal of a further task of this account, undefined when there is room: 429, what is used up, when to retry. */
export function whyFull(
  { settings }: Pick<FlowPorts, 'settings'>,
  account: Account,
  gate: Gate,
): HttpFailure | undefined {
  if (account.isOperator || account.concurrentTasksMax !== undefined) return undefined;
  const { unfinishedTasksMax } = settings.shares;
  const waiting = Math.max(waitingOf(gate, account.id), account.activeTasks);
  if (waiting < unfinishedTasksMax) return undefined;
  const details = `the account has ${waiting} unfinished tasks, at most ${unfinishedTasksMax} are allowed`;
  return documentedFailure(429, 0, { 'retry-after': RETRY_SECONDS }, details);
}

export function countRefusal({ metrics }: Pick<FlowPorts, 'metrics'>, { id: accountId }: Account): void {
  metrics.emit({ values: { RequestsRefused: 1 }, properties: { accountId } });
}

/** For a task that is put back. @throws HttpFailure 429 from whyFull. */
export async function refuseWhenFull(ports: FlowPorts, account: Account): Promise<void> {
  const refusal = whyFull(ports, account, await ports.store.loadGate(DEFAULT_GATE_ID));
  if (!refusal) return;
  countRefusal(ports, account);
  throw refusal;
}
