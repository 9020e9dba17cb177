// Reads a gate with who waits at it and which models fail, for those who show it: the API, the command line, sweep's
// metrics. Who gives out slots reads less: read-candidates.ts.
import type { GateView } from '../domain/gate/gate-view.ts';
import type { GateStore } from '../ports/ports.ts';

export interface ViewBounds {
  readonly accountsMax: number;
  readonly modelsMax: number;
}

/** What a person looks at: more rows than these nobody reads. */
export const shownAtMost: ViewBounds = { accountsMax: 500, modelsMax: 500 };

export async function viewGate(store: GateStore, gateId: string, bounds: ViewBounds = shownAtMost): Promise<GateView> {
  const [gate, listing, { models }] = await Promise.all([
    store.loadGate(gateId),
    store.listQueues(gateId, bounds.accountsMax, 0),
    store.listModels(gateId, bounds.modelsMax),
  ]);
  const queues = new Map(listing.queues.map((account) => [account.accountId, account]));
  return { gate, queues, isWhole: listing.isWhole, models };
}
