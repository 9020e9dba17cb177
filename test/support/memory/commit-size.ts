// What one commit would write to the table: the memory store refuses what a transaction of DynamoDB could not hold.
import { accountDeltas, gateDelta } from '../../../core/domain/task/derived-counts.ts';
import { isFinal } from '../../../core/domain/task/task.ts';
import type { Commit } from '../../../core/ports/ports.ts';

/** The bound of a DynamoDB transaction holds here too, or a flow that oversteps it would fail in production only. */
const WRITES_MAX = 100;

/** @throws Error for a commit that one DynamoDB transaction could not hold. */
export function checkSize({ changes, gate, claim, poolClaim, leavesTickets }: Commit): void {
  if (new Set(changes.map(({ after }) => after.id)).size !== changes.length) {
    throw new Error('a commit changes each task once');
  }
  // Few changes can't come near the bound; most commits are of one.
  if (changes.length < WRITES_MAX / 5) return;
  const rows = new Set(gate ? ['gate', ...(gate.turns ?? []).map(({ accountId }) => `queues ${accountId}`)] : []);
  let writes = changes.length;
  for (const change of changes) {
    const { before, after } = change;
    if (before?.ticket?.version !== after.ticket?.version) {
      writes += (before?.ticket && !leavesTickets ? 1 : 0) + (after.ticket ? 1 : 0);
    }
    if (before && isFinal(before.status) && !isFinal(after.status)) writes += 1;
    const [[ofAccount], ofGate] = [accountDeltas([change]), gateDelta(change)];
    if (ofAccount) rows.add(`account ${ofAccount.accountId}`);
    if (ofGate && Object.keys(ofGate.counters).length > 0) rows.add('gate');
    if (ofGate?.queues) rows.add(`queues ${ofGate.queues.accountId}`);
    if (ofGate?.circuitProbes) rows.add(`model ${ofGate.circuitProbes.model}`);
  }
  writes += rows.size + (gate?.takenBack?.length ?? 0) + (claim?.fill ? 1 : 0) + (poolClaim ? 1 : 0);
  if (writes > WRITES_MAX) throw new Error(`a commit of ${changes.length} tasks needs ${writes} writes`);
}
