// The short way of a webhook: to a single receiver that is known to answer and whose lane has no holder and no entries.
// The run calls it without claiming the lane and writes only the ended delivery: a task's usual end costs three writes
// in place of nine. In every other case, and after a failure, the run claims the lane (fan-out.ts, lane-worker.ts).
import { directCallsMax, isAtEase } from '../../core/domain/webhook/lane.ts';
import { decideDelivery } from '../../core/domain/webhook/decide-delivery.ts';
import { isSuccess } from '../../core/domain/webhook/delivery.ts';
import { deliveryContext } from './deliver-ports.ts';
import { applyToDelivery, measureCall, recordCall } from './record-attempt.ts';
import { callReceiver } from './receiver-call.ts';
import { loadReceiver } from './receiver.ts';
import type { CallResult, Delivery } from '../../core/domain/webhook/delivery.ts';
import type { Lane } from '../../core/domain/webhook/lane.ts';
import type { ClaimedLanes } from './claimed-lanes.ts';
import type { DeliverPorts, LaneName } from './deliver-ports.ts';
import type { FreshDelivery, LaneWorker } from './lane-worker.ts';
import type { ReadyReceiver } from './receiver.ts';

type DirectCall =
  /** The short way is not possible, and nothing was done. */
  | { readonly kind: 'not-direct' }
  | { readonly kind: 'delivered' }
  /** The call failed and is recorded; `worker` works the lane if this run has claimed it for that. */
  | { readonly kind: 'failed'; readonly worker: LaneWorker | undefined };

const notDirect: DirectCall = { kind: 'not-direct' };

/** @throws the store's errors; the event then stays open, and the call may be made again. */
export async function callDirectly(
  ports: DeliverPorts,
  lanes: ClaimedLanes,
  fresh: FreshDelivery,
): Promise<DirectCall> {
  const { laneId, accountId } = fresh.delivery;
  const name = { laneId, accountId };
  if (!lanes.beginDirect(name, directCallsMax(ports.settings))) return notDirect;
  try {
    const found = await findReady(ports, lanes, name, fresh);
    return found ? await callAndRecord(ports, lanes, fresh, found) : notDirect;
  } finally {
    lanes.endDirect(name);
  }
}

interface Ready {
  readonly lane: Lane;
  readonly receiver: ReadyReceiver;
}

async function findReady(
  ports: DeliverPorts,
  lanes: ClaimedLanes,
  name: LaneName,
  { receiver: known }: FreshDelivery,
): Promise<Ready | undefined> {
  const lane = await ports.store.loadRestingLane(name.laneId);
  const now = ports.clock.now();
  if (!lane || !isAtEase(lane, now) || !(await lanes.share(name).mayCall(lane, now))) return undefined;
  const receiver = known ?? (await loadReceiver(ports, name));
  // The calls of an endpoint with a rate of its own are counted in its lane.
  return receiver.kind === 'ready' && receiver.ratePerSecond === undefined ? { lane, receiver } : undefined;
}

async function callAndRecord(
  ports: DeliverPorts,
  lanes: ClaimedLanes,
  { delivery, event }: FreshDelivery,
  { lane, receiver }: Ready,
): Promise<DirectCall> {
  const startedAt = ports.clock.now();
  const call = { receiver, delivery, event, startedAt };
  const result = await callReceiver(ports, lanes.share(delivery), call);
  if (!isSuccess(result))
    return { kind: 'failed', worker: await recordFailure(ports, lanes, { delivery, lane, startedAt, result }) };
  measureCall(ports, delivery, startedAt, result);
  await recordSuccess(ports, delivery, { startedAt, result });
  return { kind: 'delivered' };
}

interface Call {
  readonly startedAt: number;
  readonly result: CallResult;
}

async function recordSuccess(ports: DeliverPorts, made: Delivery, call: Call): Promise<void> {
  const attempted = { type: 'attempted', attempt: made.attemptCount + 1, ...call } as const;
  const decision = decideDelivery(made, attempted, deliveryContext(ports));
  if (decision.kind !== 'changed')
    throw new Error(`a delivery that was just made refuses its call: ${decision.reason}`);
  const known = await ports.store.addDelivery(decision.delivery);
  // Another run, for a duplicated doorbell, has enqueued it in the meantime: it need not be called again.
  if (known) await applyToDelivery(ports, known, { ...attempted, attempt: known.attemptCount + 1 });
}

/**
 * Takes the long way from here on: the lane learns of the failure, and the delivery is queued in it for its next
 * attempt.
 */
async function recordFailure(
  ports: DeliverPorts,
  lanes: ClaimedLanes,
  { delivery: made, lane, ...call }: Call & { readonly delivery: Delivery; readonly lane: Lane },
): Promise<LaneWorker | undefined> {
  const delivery = (await ports.store.addDelivery(made)) ?? made;
  const worker = await lanes.claim(made, { isQuiet: true });
  if (worker) {
    await worker.learn(delivery, call);
    return worker;
  }
  // Another run has claimed the lane since: its holder keeps the lane's state and is notified of the entry.
  await recordCall(ports, { lane }, delivery, { ...call, isEnqueued: false });
  return lanes.claim(made);
}
