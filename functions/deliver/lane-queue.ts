// The entries of a lane: which deliveries are due now, and when the next one will be. Removes entries that a crash left
// behind, so that they mislead no later run. lane-worker.ts chooses which due deliveries are called, and when.
import { laneEntryOf } from '../../core/domain/webhook/delivery.ts';
import type { Delivery, LaneEntry, EntryKind } from '../../core/domain/webhook/delivery.ts';
import type { DeliverPorts, LaneName } from './deliver-ports.ts';

interface DueDelivery {
  readonly delivery: Delivery;
  readonly kind: EntryKind;
}

interface LaneView {
  /** At most as many as requested, first attempts first, none of those under way. */
  readonly due: readonly DueDelivery[];
  /** When the earliest one not under way is due, which may be in the past; undefined when there is no other. */
  readonly nextAt: number | undefined;
  /** Superfluous entries were removed: those behind them may be due. */
  readonly isTidied: boolean;
}

interface ViewRequest {
  /** How many are wanted. */
  readonly room: number;
  /** How many of the calls may be retries while first attempts wait. */
  readonly retriesMax: number;
  readonly underWay: ReadonlyMap<string, { readonly kind: EntryKind }>;
}

/** One view of the lane: a query, or two when more first attempts wait than one page shows. */
export async function viewLane(ports: DeliverPorts, name: LaneName, request: ViewRequest): Promise<LaneView> {
  const { room, retriesMax, underWay } = request;
  const isFree = ({ deliveryId }: LaneEntry): boolean => !underWay.has(deliveryId);
  // Those under way are still queued: read past them, and one further to see what comes next.
  const page = await ports.store.laneEntries(name.laneId, room + underWay.size + 1);
  const isFull = page.length > room + underWay.size && page.at(-1)?.kind === 'first';
  const hidden = isFull ? await ports.store.laneEntries(name.laneId, retriesMax + underWay.size + 1, 'retry') : [];
  const free = [...page, ...hidden].filter(isFree);
  const now = ports.clock.now();
  const due = free.filter(({ at }) => at <= now);
  const first = due.filter(({ kind }) => kind === 'first');
  const retries = due.filter(({ kind }) => kind === 'retry');
  const retriesNow = [...underWay.values()].filter(({ kind }) => kind === 'retry').length;
  const kept = Math.min(retries.length, Math.max(0, retriesMax - retriesNow), room);
  const chosen = [...first.slice(0, room - kept), ...retries].slice(0, room);
  const times = free.map(({ at }) => at);
  const view = await load(ports, name, chosen);
  return { ...view, nextAt: times.length === 0 ? undefined : Math.min(...times) };
}

async function load(
  { store }: DeliverPorts,
  { laneId }: LaneName,
  chosen: readonly LaneEntry[],
): Promise<Pick<LaneView, 'due' | 'isTidied'>> {
  if (chosen.length === 0) return { due: [], isTidied: false };
  const found = await store.loadDeliveries(chosen.map(({ deliveryId: id }) => ({ laneId, id })));
  const byId = new Map(found.map((delivery) => [delivery.id, delivery]));
  const due: DueDelivery[] = [];
  for (const entry of chosen) {
    const delivery = byId.get(entry.deliveryId);
    const actual = delivery && laneEntryOf(delivery);
    if (delivery && actual?.at === entry.at && actual.kind === entry.kind) {
      due.push({ delivery, kind: entry.kind });
      continue;
    }
    // A crash between two writes left one entry too many. The right one is checked before this one is removed.
    if (delivery) await store.enqueue(delivery);
    await store.removeEntry(laneId, entry);
  }
  return { due, isTidied: due.length < chosen.length };
}
