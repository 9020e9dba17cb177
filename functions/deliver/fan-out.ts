// Hands an event to the lanes of its receivers: the `?webhook=` of its task and every endpoint that wants it.
// Repeatable: deliveries have ids made of event and lane, so that a second fan-out adds nothing. The event stays due
// until each delivery stands in its lane and each lane has somebody coming; from there on it is lane-worker.ts's.
import { laneIdOfUrl, newDelivery } from '../../core/domain/webhook/delivery.ts';
import { roundMs } from '../../core/domain/webhook/decide-delivery.ts';
import { wantsEvent } from '../../core/domain/webhook/webhook-endpoint.ts';
import { receiverOf } from './receiver.ts';
import type { StoredEvent } from '../../core/ports/webhook-ports.ts';
import type { EventKey } from '../../core/domain/webhook/outbox-event.ts';
import type { WebhookEndpoint } from '../../core/domain/webhook/webhook-endpoint.ts';
import type { LaneWorker, FreshDelivery } from './lane-worker.ts';
import type { ClaimedLanes } from './claimed-lanes.ts';
import type { DeliverPorts, LaneName } from './deliver-ports.ts';

interface Target {
  readonly laneId: string;
  /** Where it goes when that is not an endpoint's business. */
  readonly url?: string;
}

function targetsOf({ event }: StoredEvent, endpoints: readonly WebhookEndpoint[]): readonly Target[] {
  const { accountId, webhookUrl } = event;
  const wanting = endpoints.filter((endpoint) => !endpoint.disabled && wantsEvent(endpoint, event));
  return [
    ...(webhookUrl === undefined ? [] : [{ laneId: laneIdOfUrl(accountId, webhookUrl), url: webhookUrl }]),
    // News about an endpoint goes to the others: it itself does not hear.
    ...wanting.filter(({ id }) => event.data['endpoint_id'] !== id).map(({ id }) => ({ laneId: id })),
  ];
}

/** An event that is on its way to its lanes. */
export interface FannedOut {
  /** Each delivery is recorded or stands in its lane; only now nobody has to come back to the event. */
  readonly isSafe: Promise<void>;
  /** Lanes that were taken on the way and are now to be worked. */
  readonly workers: readonly LaneWorker[];
}

const nothing: FannedOut = { isSafe: Promise.resolve(), workers: [] };

/**
 * @param lanes that this run holds already; those that it takes here are added.
 * @throws whatever the store throws; the doorbell then comes again, or sweep does.
 */
export async function fanOut(ports: DeliverPorts, lanes: ClaimedLanes, key: EventKey): Promise<FannedOut> {
  const { store, clock, settings } = ports;
  const [found, endpoints] = await Promise.all([store.loadEvent(key), store.listEndpoints(key.accountId)]);
  if (!found || found.isClosed) return nothing;
  // Before any delivery is made of it: from here on its place stays.
  const stored = found.isUnguarded ? await store.guardEvent(found) : found;
  const { event } = stored;
  const now = clock.now();
  const expiresAt = now + roundMs(settings.deliveries);
  const deliveries = targetsOf(stored, endpoints).map((target) =>
    newDelivery({ logged: stored, ...target, now, expiresAt }),
  );
  const brought = await Promise.allSettled([
    store.noteDeliveries(stored, deliveries).then((): Brought => ({ isSafe: Promise.resolve() })),
    ...deliveries.map((delivery) => {
      const endpoint = endpoints.find(({ id }) => id === delivery.laneId);
      return bring(ports, lanes, { delivery, event, receiver: endpoint && receiverOf(ports, endpoint) });
    }),
  ]);
  ports.metrics.emit({
    values: { EventsRecorded: 1 },
    properties: { eventId: key.id, accountId: key.accountId, type: event.type, receivers: deliveries.length },
  });
  // What one lane met must not keep the others from being worked; but the event stays open then.
  return {
    isSafe: closeWhenSafe(ports, stored, brought),
    workers: brought.flatMap((one) => (one.status === 'fulfilled' ? (one.value.worker ?? []) : [])),
  };
}

async function closeWhenSafe(
  { store }: DeliverPorts,
  stored: StoredEvent,
  brought: readonly PromiseSettledResult<Brought>[],
): Promise<void> {
  for (const one of brought) {
    if (one.status === 'rejected') throw one.reason;
    await one.value.isSafe;
  }
  await store.closeEvent(stored);
}

interface Brought {
  readonly isSafe: Promise<void>;
  readonly worker?: LaneWorker;
}

/**
 * Brings a delivery to its lane. Where the lane is free, or this run's own, it is called at once and need not stand
 * there at all, which spares two writes for nearly every webhook: until it is recorded, the event itself is due.
 */
async function bring({ store }: DeliverPorts, lanes: ClaimedLanes, fresh: FreshDelivery): Promise<Brought> {
  const { delivery: made } = fresh;
  const name = { laneId: made.laneId, accountId: made.accountId };
  const known = await store.addDelivery(made);
  if (!known) {
    const begun = await beginInHand(lanes, name, fresh);
    if (begun) return begun;
  }
  // It stands first and its holder is told then: the other way round he could look and leave before it stands.
  await store.enqueue(known ?? made);
  const worker = await lanes.claim(name);
  return { isSafe: Promise.resolve(), ...(worker && { worker }) };
}

/** Undefined when the lane is another's, or is being let go. */
async function beginInHand(lanes: ClaimedLanes, name: LaneName, fresh: FreshDelivery): Promise<Brought | undefined> {
  const ours = lanes.known(name);
  // A claim that failed is its asker's trouble; here it is a lane that is not ours.
  const worker = ours ? await ours.catch(() => undefined) : await lanes.claim(name, { isQuiet: true });
  const isSafe = worker?.begin(fresh);
  if (!worker || !isSafe) return undefined;
  // Awaited later, beside others: until then a failure must not count as one that nobody handles.
  isSafe.catch(() => undefined);
  // Who took the lane works it.
  return ours ? { isSafe } : { isSafe, worker };
}
