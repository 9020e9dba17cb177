// Reads a gate with the accounts that wait at it and the models that fail, for display by the API and the command line
// and for the sweep's metrics. The allocation of slots reads less: read-candidates.ts.
import { loadWholeGate } from './load-whole-gate.ts';
import type { GateView } from '../domain/gate/gate-view.ts';
import type { GateStore } from '../ports/ports.ts';

interface ViewBounds {
  readonly accountsMax: number;
  readonly modelsMax: number;
}

/** Bounds for display: people do not read more rows than these. */
const shownAtMost: ViewBounds = { accountsMax: 500, modelsMax: 500 };

export async function viewGate(store: GateStore, gateId: string, bounds: ViewBounds = shownAtMost): Promise<GateView> {
  const [gate, listing, { models }] = await Promise.all([
    loadWholeGate(store, gateId),
    store.listQueues(gateId, bounds.accountsMax, 0),
    store.listModels(gateId, bounds.modelsMax),
  ]);
  const queues = new Map(listing.queues.map((account) => [account.accountId, account]));
  return { gate, queues, isWhole: listing.isWhole, models };
}
