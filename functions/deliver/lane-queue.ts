// What stands in a lane: which deliveries are due now, and when the next one will be. Drops places that a crash left
// behind, so that they mislead nobody again. Which of the due are called, and when, is lane-worker.ts's.
import { laneEntryOf } from '../../core/domain/webhook/delivery.ts';
import type { Delivery, LaneEntry, EntryKind } from '../../core/domain/webhook/delivery.ts';
import type { DeliverPorts, LaneName } from './deliver-ports.ts';

export interface DueDelivery {
  readonly delivery: Delivery;
  readonly kind: EntryKind;
}

export interface LaneView {
  /** As many as were asked for at most, first attempts first, none of those under way. */
  readonly due: readonly DueDelivery[];
  /** When the earliest is due that is not under way, a time that may be past; undefined when nothing else stands there. */
  readonly nextAt: number | undefined;
  /** Places that were one too many are gone now: what stood behind them may be due. */
  readonly isTidied: boolean;
}

interface ViewRequest {
  /** How many are wanted. */
  readonly room: number;
  /** How many of the calls may be other than first attempts while first attempts wait. */
  readonly retriesMax: number;
  readonly underWay: ReadonlyMap<string, { readonly kind: EntryKind }>;
}

/** One view of the lane: a query, or two when more first attempts wait than one page shows. */
export async function viewLane(ports: DeliverPorts, name: LaneName, request: ViewRequest): Promise<LaneView> {
  const { room, retriesMax, underWay } = request;
  const isFree = ({ deliveryId }: LaneEntry): boolean => !underWay.has(deliveryId);
  // Those under way still stand there: read past them, and one further to see what comes next.
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
    // A crash between two writes left a place too many. The right one is made sure of before it goes.
    if (delivery) await store.enqueue(delivery);
    await store.removeEntry(laneId, entry);
  }
  return { due, isTidied: due.length < chosen.length };
}
