// Fans an event out to the lanes of its receivers: the `?webhook=` of its task and every endpoint that wants it.
// Repeatable: delivery ids are derived from event and lane, so that a second fan-out adds nothing. The event, or its task
// for it, stays due until each delivery is queued and each lane will be visited; then lane-worker.ts takes over.
import { laneIdOfUrl, newDelivery } from '../../core/domain/webhook/delivery.ts';
import { roundMs } from '../../core/domain/webhook/delivery-policy.ts';
import { wantsEvent } from '../../core/domain/webhook/webhook-endpoint.ts';
import { isFoundByTask } from '../../core/domain/webhook/task-delivery.ts';
import { callDirectly } from './direct-call.ts';
import { closeEnd, isDone, loadEnd } from './task-end.ts';
import { receiverAmong } from './receiver.ts';
import type { StoredEvent } from '../../core/ports/webhook-ports.ts';
import type { EventKey, OutboxEvent } from '../../core/domain/webhook/outbox-event.ts';
import type { WebhookEndpoint } from '../../core/domain/webhook/webhook-endpoint.ts';
import type { LaneWorker, FreshDelivery } from './lane-worker.ts';
import type { ClaimedLanes } from './claimed-lanes.ts';
import type { DeliverPorts } from './deliver-ports.ts';

interface Target {
  readonly laneId: string;
  /** The address, unless an endpoint defines it. */
  readonly url?: string;
}

function targetsOf({ event }: StoredEvent, endpoints: readonly WebhookEndpoint[]): readonly Target[] {
  const { accountId, webhookUrl } = event;
  const wanting = endpoints.filter((endpoint) => !endpoint.disabled && wantsEvent(endpoint, event));
  return [
    ...(webhookUrl === undefined ? [] : [{ laneId: laneIdOfUrl(accountId, webhookUrl), url: webhookUrl }]),
    // An event about an endpoint goes to the other endpoints, not to itself.
    ...wanting.filter(({ id }) => event.data['endpoint_id'] !== id).map(({ id }) => ({ laneId: id })),
  ];
}

/** An event that is on its way to its lanes. */
interface FannedOut {
  /** Each delivery is recorded or queued in its lane; only then is the event itself done. */
  readonly isSafe: Promise<void>;
  /** Lanes that were claimed on the way and are now to be worked. */
  readonly workers: readonly LaneWorker[];
}

const nothing: FannedOut = { isSafe: Promise.resolve(), workers: [] };

/**
 * @param lanes that this run holds already; those that it claims here are added.
 * @throws the store's errors; the doorbell is then redelivered, or the sweep finds the event.
 */
export async function fanOut(ports: DeliverPorts, lanes: ClaimedLanes, key: EventKey): Promise<FannedOut> {
  const { store, clock, settings } = ports;
  const [found, end] = await Promise.all([store.loadEvent(key), loadEnd(ports, key.id)]);
  if (!found || isDone(found, end)) {
    // An event that is not where its task finds it has a due of its own, or has expired.
    await closeEnd(ports, end);
    return nothing;
  }
  // Only now: a fence from before the event was seen would not guard it.
  const receivers = await store.loadReceivers(key.accountId);
  // Before any delivery is derived from it: from here on its position is fixed.
  const stored = found.isUnguarded ? await store.guardEvent(found, receivers.eventFence) : found;
  const { event } = stored;
  const now = clock.now();
  const expiresAt = now + roundMs(settings.deliveries);
  const deliveries = targetsOf(stored, receivers.endpoints).map((target) =>
    newDelivery({ logged: stored, ...target, now, expiresAt }),
  );
  const made = deliveries.map((delivery): FreshDelivery => {
    return { delivery, event, receiver: receiverAmong(ports, receivers, delivery.laneId) };
  });
  const close = async (): Promise<void> => {
    if (!stored.isDueWithTask) await store.closeEvent(stored);
    await closeEnd(ports, end);
  };
  const direct = await bringDirectly(ports, lanes, { stored, made, close });
  if (direct) return direct;
  const brought = await Promise.allSettled([
    store.noteDeliveries(stored, deliveries).then((): Brought => ({ isSafe: Promise.resolve() })),
    ...made.map((fresh) => bring(ports, lanes, fresh)),
  ]);
  countEvent(ports, event, deliveries.length);
  // A failure of one lane must not keep the others from being worked; but the event stays open then.
  return {
    isSafe: closeWhenSafe(close, brought),
    workers: brought.flatMap((one) => (one.status === 'fulfilled' ? (one.value.worker ?? []) : [])),
  };
}

function countEvent({ metrics }: DeliverPorts, { type, accountId, data }: OutboxEvent, receivers: number): void {
  metrics.emit({ values: { EventsRecorded: 1 }, properties: { type, receivers } });
  // Here and not at the submit, which may die after its write: the event is fanned out at least once.
  if (type !== 'budget.threshold') return;
  const { percent, budget } = data as { readonly percent: number; readonly budget: string };
  const isUsedUp = percent === 100;
  metrics.emit({
    values: { BudgetThresholds: 1, ...(isUsedUp && { BudgetsUsedUp: 1 }) },
    properties: { accountId, budget, percent },
  });
}

interface MadeDeliveries {
  readonly stored: StoredEvent;
  readonly made: readonly FreshDelivery[];
  /** The event needs no further work. */
  readonly close: () => Promise<void>;
}

/** The short way, for an event with one receiver. Undefined when it has to go the long one. */
async function bringDirectly(
  ports: DeliverPorts,
  lanes: ClaimedLanes,
  { stored, made, close }: MadeDeliveries,
): Promise<FannedOut | undefined> {
  const [fresh] = made;
  if (!fresh || made.length > 1) return undefined;
  const called = await callDirectly(ports, lanes, fresh);
  if (called.kind === 'not-direct') return undefined;
  const { delivery, event } = fresh;
  const isFound = called.kind === 'delivered' && isFoundByTask(event, delivery);
  if (!isFound) await ports.store.noteDeliveries(stored, [delivery]);
  await close();
  countEvent(ports, event, 1);
  return { ...nothing, workers: called.kind === 'failed' && called.worker ? [called.worker] : [] };
}

async function closeWhenSafe(
  close: () => Promise<void>,
  brought: readonly PromiseSettledResult<Brought>[],
): Promise<void> {
  for (const one of brought) {
    if (one.status === 'rejected') throw one.reason;
    await one.value.isSafe;
  }
  await close();
}

interface Brought {
  readonly isSafe: Promise<void>;
  readonly worker?: LaneWorker;
}

/**
 * Brings a delivery to its lane. If the lane is free, or this run's own, it is called at once and need not be queued,
 * which saves two writes for nearly every webhook: until it is recorded, the event itself is due.
 */
async function bring({ store }: DeliverPorts, lanes: ClaimedLanes, fresh: FreshDelivery): Promise<Brought> {
  const { delivery: made } = fresh;
  const name = { laneId: made.laneId, accountId: made.accountId };
  const ours = lanes.known(name);
  // In parallel, to keep the run short. If this run gets the lane it works it, whatever happens to the delivery.
  const [added, claimed] = await Promise.allSettled([
    store.addDelivery(made),
    ours ?? lanes.claim(name, { isQuiet: true }),
  ]);
  const worker = claimed.status === 'fulfilled' ? claimed.value : undefined;
  const taken = ours || !worker ? undefined : { worker };
  if (added.status === 'rejected') return { isSafe: unhandled(Promise.reject(added.reason as Error)), ...taken };
  const known = added.value;
  const begun = known ? undefined : worker?.begin(fresh);
  if (begun) return { isSafe: unhandled(begun), ...taken };
  // Enqueued first, then the holder is notified: in the other order it could check and leave before the entry exists.
  await store.enqueue(known ?? made);
  const later = taken ? worker : await lanes.claim(name);
  return { isSafe: Promise.resolve(), ...(later && { worker: later }) };
}

/** The promise is awaited later: until then its failure must not count as unhandled. */
function unhandled(promise: Promise<void>): Promise<void> {
  promise.catch(() => undefined);
  return promise;
}
