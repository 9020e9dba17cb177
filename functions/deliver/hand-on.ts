// Hands an event to the lanes of its receivers: the `?webhook=` of its task and every endpoint that wants it.
// Repeatable: deliveries have ids made of event and lane, so that a second hand-on adds nothing. The event stays due
// until each delivery stands in its lane and each lane has somebody coming; from there on it is drain-lane.ts's.
import { laneIdOfUrl, newDelivery } from '../core/domain/delivery.ts';
import { roundMs } from '../core/domain/decide-delivery.ts';
import { wantsEvent } from '../core/domain/webhook-endpoint.ts';
import { claimLane } from './drain-lane.ts';
import { receiverOf } from './receiver.ts';
import type { StoredEvent } from '../core/contract/webhook-ports.ts';
import type { EventKey } from '../core/domain/outbox-event.ts';
import type { WebhookEndpoint } from '../core/domain/webhook-endpoint.ts';
import type { LaneDrain, Seed } from './drain-lane.ts';
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

/** A lane that was taken on the way and is now to be worked, beginning with what was just brought to it. */
export interface TakenLane {
  readonly drain: LaneDrain;
  readonly seed: Seed | undefined;
}

/** @throws whatever the store throws; the doorbell then comes again, or sweep does. */
export const handOn = async (ports: DeliverPorts, key: EventKey): Promise<readonly TakenLane[]> => {
  const { store, clock, settings } = ports;
  const { accountId } = key;
  const [stored, endpoints] = await Promise.all([store.loadEvent(key), store.listEndpoints(accountId)]);
  if (!stored || stored.isClosed) return [];
  const { event } = stored;
  const now = clock.now();
  const expiresAt = now + roundMs(settings.deliveries);
  const deliveries = targetsOf(stored, endpoints).map((target) =>
    newDelivery({ logged: stored, ...target, now, expiresAt }),
  );
  const taken = await Promise.all(
    deliveries.map(async (delivery): Promise<TakenLane | undefined> => {
      const isNew = await store.addDelivery(delivery);
      // Taking the lane makes it due as well: from here on somebody comes, whatever becomes of this run.
      const drain = await claimLane(ports, { laneId: delivery.laneId, accountId });
      const endpoint = endpoints.find(({ id }) => id === delivery.laneId);
      const receiver = endpoint && receiverOf(ports, endpoint);
      return drain && { drain, seed: isNew ? { delivery, event, receiver } : undefined };
    }),
  );
  await store.closeEvent(stored, deliveries);
  ports.metrics.emit({
    values: { EventsRecorded: 1 },
    properties: { eventId: key.id, accountId, type: event.type, receivers: deliveries.length },
  });
  return taken.flatMap((lane) => lane ?? []);
};
