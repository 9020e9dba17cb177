// The ports of the deliver stage, and what its parts derive from them.
// handler.ts fills them with adapters, tests with memory doubles.
import type { RandomSource, Clock, Doorbells, Log, MetricSink } from '../../core/ports/ports.ts';
import type {
  DeliveryStore,
  EndpointStore,
  EventStore,
  LaneStore,
  WebhookCaller,
} from '../../core/ports/webhook-ports.ts';
import type { FlowPorts } from '../../core/ports/flow-ports.ts';
import type { Places } from '../../core/ports/places.ts';
import type { DeliveryContext } from '../../core/domain/webhook/decide-delivery.ts';
import type { RelaySettings } from '../../core/domain/settings.ts';

export interface DeliverPorts {
  readonly store: EventStore & EndpointStore & DeliveryStore & LaneStore & FlowPorts['store'];
  readonly caller: Pick<WebhookCaller, 'call'>;
  readonly doorbells: Doorbells;
  readonly places: Places;
  readonly clock: Clock;
  readonly randomSource: RandomSource;
  readonly metrics: MetricSink;
  readonly log: Log;
  readonly settings: RelaySettings;
}

export function deliveryContext({ clock, randomSource, settings }: DeliverPorts): DeliveryContext {
  return {
    now: clock.now(),
    random: () => randomSource.random(),
    settings: settings.deliveries,
  };
}

/** The owner of the lane; enough to claim it. */
export interface LaneName {
  readonly laneId: string;
  readonly accountId: string;
}
