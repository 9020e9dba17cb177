// Hands an event to the lanes of its receivers: the `?webhook=` of its task and every endpoint that wants it.
// Repeatable: deliveries have ids made of event and lane, so that a second hand-on adds nothing. The event stays due
// until each delivery stands in its lane and each lane has somebody coming; from there on it is drain-lane.ts's.
import { laneIdOfUrl, newDelivery } from '../core/domain/delivery.ts';
import { roundMs } from '../core/domain/decide-delivery.ts';
import { wantsEvent } from '../core/domain/webhook-endpoint.ts';
import { claimLane } from './drain-lane.ts';
import { receiverOf } from './receiver.ts';
import type { StoredEvent } from '../core/contract/webhook-ports.ts';
import type { EventKey, OutboxEvent } from '../core/domain/outbox-event.ts';
import type { WebhookEndpoint } from '../core/domain/webhook-endpoint.ts';
import type { Delivery } from '../core/domain/delivery.ts';
import type { LaneDrain } from './drain-lane.ts';
import type { Receiver } from './receiver.ts';
import type { DeliverPorts } from './deliver-ports.ts';

interface Target {
  readonly laneId: string;
  /** Where it goes when that is not an endpoint's business. */
  readonly url?: string;
}

const targetsOf = ({ event }: StoredEvent, endpoints: readonly WebhookEndpoint[]): readonly Target[] => {
  const { accountId, webhookUrl } = event;
  const wanting = endpoints.filter((endpoint) => !endpoint.disabled && wantsEvent(endpoint, event));
  return [
    ...(webhookUrl === undefined ? [] : [{ laneId: laneIdOfUrl(accountId, webhookUrl), url: webhookUrl }]),
    // News about an endpoint goes to the others: it itself does not hear.
    ...wanting.filter(({ id }) => event.data['endpoint_id'] !== id).map(({ id }) => ({ laneId: id })),
  ];
};

/** An event that is on its way to its lanes. */
export interface HandedOn {
  /** Each delivery is recorded or stands in its lane; only now nobody has to come back to the event. */
  readonly isSafe: Promise<void>;
  /** Lanes that were taken on the way and are now to be worked. */
  readonly drains: readonly LaneDrain[];
}

const nothing: HandedOn = { isSafe: Promise.resolve(), drains: [] };

/** @throws whatever the store throws; the doorbell then comes again, or sweep does. */
export const handOn = async (ports: DeliverPorts, key: EventKey): Promise<HandedOn> => {
  const { store, clock, settings } = ports;
  const [stored, endpoints] = await Promise.all([store.loadEvent(key), store.listEndpoints(key.accountId)]);
  if (!stored || stored.isClosed) return nothing;
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
      return bring(ports, delivery, event, endpoint && receiverOf(ports, endpoint));
    }),
  ]);
  ports.metrics.emit({
    values: { EventsRecorded: 1 },
    properties: { eventId: key.id, accountId: key.accountId, type: event.type, receivers: deliveries.length },
  });
  // What one lane met must not keep the others from being worked; but the event stays open then.
  return {
    isSafe: closeWhenSafe(ports, stored, brought),
    drains: brought.flatMap((one) => (one.status === 'fulfilled' ? (one.value.drain ?? []) : [])),
  };
};

const closeWhenSafe = async (
  { store }: DeliverPorts,
  stored: StoredEvent,
  brought: readonly PromiseSettledResult<Brought>[],
): Promise<void> => {
  for (const one of brought) {
    if (one.status === 'rejected') throw one.reason;
    await one.value.isSafe;
  }
  await store.closeEvent(stored);
};

interface Brought {
  readonly isSafe: Promise<void>;
  readonly drain?: LaneDrain;
}

/**
 * Brings a delivery to its lane. Where the lane is free it is called at once and need not stand there at all, which
 * spares two writes for nearly every webhook: until it is recorded, the event itself is due.
 */
const bring = async (
  ports: DeliverPorts,
  made: Delivery,
  event: OutboxEvent,
  receiver: Receiver | undefined,
): Promise<Brought> => {
  const name = { laneId: made.laneId, accountId: made.accountId };
  const known = await ports.store.addDelivery(made);
  if (!known) {
    const free = await claimLane(ports, name, { isQuiet: true });
    if (free) {
      const isSafe = free.begin({ delivery: made, event, receiver });
      // Awaited later, beside others: until then a failure must not count as one that nobody handles.
      isSafe.catch(() => undefined);
      return { isSafe, drain: free };
    }
  }
  // It stands first and its holder is told then: the other way round he could look and leave before it stands.
  await ports.store.standUp(known ?? made);
  const drain = await claimLane(ports, name);
  return { isSafe: Promise.resolve(), ...(drain && { drain }) };
};
