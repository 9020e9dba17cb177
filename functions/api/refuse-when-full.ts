// Whether an account may have one more unfinished task by the relay's default. An account with a limit of its own is
// held to that by the store, exactly. For all others nothing is counted with their tasks, which would cost two writes
// each: what the gate knows anyway, how many of theirs wait for a slot, is held against the bound.
import { DEFAULT_GATE_ID, waitingQueues } from '../../core/domain/gate/gate.ts';
import { documentedFailure } from '../../core/http/http-failure.ts';
import type { Account } from '../../core/domain/account.ts';
import type { Gate } from '../../core/domain/gate/gate.ts';
import type { FlowPorts } from '../../core/ports/flow-ports.ts';

/** Nobody knows when one of many thousand tasks ends; a minute later some will have. */
const RETRY_SECONDS = '60';

function waitingOf(gate: Gate, accountId: string): number {
  return waitingQueues(gate).reduce((sum, queue) => sum + (queue.accountId === accountId ? queue.tasks : 0), 0);
}

/**
 * @param idempotencyKey of the submit: a repeat makes no task and is answered also to a full account.
 * @throws HttpFailure 429 with what is used up, and when to come back.
 */
export async function refuseWhenFull(
  { store, metrics, settings }: FlowPorts,
  account: Account,
  known: { readonly gate?: Gate; readonly idempotencyKey?: string | undefined } = {},
): Promise<void> {
  if (account.isOperator || account.concurrentTasksMax !== undefined) return;
  const { unfinishedTasksMax } = settings.shares;
  const gate = known.gate ?? (await store.loadGate(DEFAULT_GATE_ID));
  const waiting = Math.max(waitingOf(gate, account.id), account.activeTasks);
  if (waiting < unfinishedTasksMax) return;
  if (known.idempotencyKey !== undefined && (await store.findRepeat(account.id, known.idempotencyKey))) return;
  metrics.emit({ values: { RequestsRefused: 1 }, properties: { accountId: account.id } });
  const details = `the account has ${waiting} unfinished tasks, ${unfinishedTasksMax} at most`;
  throw documentedFailure(429, 0, { 'retry-after': RETRY_SECONDS }, details);
}
