// Reads what the next round of allocation needs while the round before it is being committed: a round then takes as long as its
// transaction, not as long as its reads too. Only the function that has the turn reads ahead. What it reads may be as it was
// before that commit, which it knows and corrects; all else is guarded by the versions of the tasks and of the gate, which
// the next round reads after the commit.
import { ticketsLeft } from './leaving-tickets.ts';
import { readHeads, readWaiting } from './read-candidates.ts';
import type { Gate } from '../domain/gate/gate.ts';
import type { GateView } from '../domain/gate/gate-view.ts';
import type { Turn } from '../domain/gate/fair-queue.ts';
import type { FlowPorts } from '../ports/flow-ports.ts';
import type { LeavingTickets } from './leaving-tickets.ts';
import type { Heads } from './read-candidates.ts';
import type { PlannedChange } from './plan-changes.ts';

export interface Ahead {
  readonly waiting: Omit<GateView, 'gate'>;
  readonly heads: Heads;
  /** Tasks that the round before serves, which the queues may still count. */
  readonly served: number;
}

/** The round that is being committed. */
interface RoundBefore {
  readonly after: Gate;
  readonly turns: readonly Turn[];
  readonly changes: readonly PlannedChange[];
  /** Slots that the next round can grant at most. */
  readonly grantsMax: number;
  readonly leaving: LeavingTickets;
}

/** @returns undefined where the next round has to read for itself; nothing is lost by that but time. */
export async function readAhead(ports: FlowPorts, round: RoundBefore): Promise<Ahead | undefined> {
  try {
    const read = await readWaiting(ports, round.after.id);
    const waiting = { ...read, queues: withTurns(read.queues, round.turns) };
    const served = ticketsLeft(round.changes.map(({ change }) => change));
    const view = { ...waiting, gate: round.after };
    const heads = await readHeads(ports, view, {
      free: round.grantsMax,
      arriving: [],
      isWide: false,
      served: [...served, ...round.leaving.known],
    });
    // Probes of a circuit are counted in its model's row: read before the commit, it would allow one probe too many.
    return heads.models.size > 0 ? undefined : { waiting, heads, served: round.changes.length };
  } catch {
    return undefined;
  }
}

/** The accounts with the turns that they take in the round that is being committed. */
function withTurns(queues: GateView['queues'], turns: readonly Turn[]): GateView['queues'] {
  const after = new Map(queues);
  for (const { accountId, finishTime, servedAt } of turns) {
    const account = after.get(accountId);
    if (account)
      after.set(accountId, { ...account, finishTime: Math.max(account.finishTime ?? 0, finishTime), servedAt });
  }
  return after;
}
