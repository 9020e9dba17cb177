// What stands in a lane: which deliveries are due now, and when the next one will be. Drops places that a crash left
// behind, so that they mislead nobody again. Which of the due are called, and when, is drain-lane.ts's.
import { standingOf } from '../../core/domain/webhook/delivery.ts';
import type { Delivery, Standing, Turn } from '../../core/domain/webhook/delivery.ts';
import type { DeliverPorts, LaneName } from './deliver-ports.ts';

export interface DueDelivery {
  readonly delivery: Delivery;
  readonly turn: Turn;
}

export interface LaneView {
  /** As many as were asked for at most, first attempts first, none of those under way. */
  readonly due: readonly DueDelivery[];
  /** When the earliest is due that is not under way, a time that may be past; undefined when nothing else stands there. */
  readonly nextAt: number | undefined;
  /** Places that were one too many are gone now: what stood behind them may be due. */
  readonly isTidied: boolean;
}

interface Look {
  /** How many are wanted. */
  readonly room: number;
  /** How many of the calls may be other than first attempts while first attempts wait. */
  readonly againMax: number;
  readonly underWay: ReadonlyMap<string, { readonly turn: Turn }>;
}

/** One look at the lane: a query, or two when more first attempts wait than one page shows. */
export const lookAtLane = async (ports: DeliverPorts, name: LaneName, look: Look): Promise<LaneView> => {
  const { room, againMax, underWay } = look;
  const isFree = ({ deliveryId }: Standing): boolean => !underWay.has(deliveryId);
  // Those under way still stand there: read past them, and one further to see what comes next.
  const page = await ports.store.standing(name.laneId, room + underWay.size + 1);
  const isFull = page.length > room + underWay.size && page.at(-1)?.turn === 'first';
  const hidden = isFull ? await ports.store.standing(name.laneId, againMax + underWay.size + 1, 'again') : [];
  const free = [...page, ...hidden].filter(isFree);
  const now = ports.clock.now();
  const due = free.filter(({ at }) => at <= now);
  const first = due.filter(({ turn }) => turn === 'first');
  const again = due.filter(({ turn }) => turn === 'again');
  const againNow = [...underWay.values()].filter(({ turn }) => turn === 'again').length;
  const kept = Math.min(again.length, Math.max(0, againMax - againNow), room);
  const chosen = [...first.slice(0, room - kept), ...again].slice(0, room);
  const times = free.map(({ at }) => at);
  const view = await load(ports, name, chosen);
  return { ...view, nextAt: times.length === 0 ? undefined : Math.min(...times) };
};

const load = async (
  { store }: DeliverPorts,
  { laneId }: LaneName,
  chosen: readonly Standing[],
): Promise<Pick<LaneView, 'due' | 'isTidied'>> => {
  if (chosen.length === 0) return { due: [], isTidied: false };
  const found = await store.loadDeliveries(chosen.map(({ deliveryId: id }) => ({ laneId, id })));
  const byId = new Map(found.map((delivery) => [delivery.id, delivery]));
  const due: DueDelivery[] = [];
  for (const standing of chosen) {
    const delivery = byId.get(standing.deliveryId);
    const actual = delivery && standingOf(delivery);
    if (delivery && actual?.at === standing.at && actual.turn === standing.turn) {
      due.push({ delivery, turn: standing.turn });
      continue;
    }
    // A crash between two writes left a place too many. The right one is made sure of before it goes.
    if (delivery) await store.standUp(delivery);
    await store.dropStanding(laneId, standing);
  }
  return { due, isTidied: due.length < chosen.length };
};
