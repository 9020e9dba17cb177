// Sends a delivery again: one more round of it, however it ended. The api, its bulk jobs and the command line come here;
// recover-endpoint.ts brings many at once.
import { decideDelivery } from '../domain/webhook/decide-delivery.ts';
import { forgiven } from '../domain/webhook/lane.ts';
import { documentedFailure, ownFailure } from '../http/http-failure.ts';
import { commitOptimistically, tryPolicies } from '../ports/optimistic-commit.ts';
import { sendLaneDoorbell } from './send-lane-doorbell.ts';
import type { Delivery } from '../domain/webhook/delivery.ts';
import type { WebhookEndpoint } from '../domain/webhook/webhook-endpoint.ts';
import type { Tried } from '../ports/optimistic-commit.ts';
import type { EndpointPorts } from '../ports/endpoint-ports.ts';

type ReplayPorts = Omit<EndpointPorts, 'caller'>;

/** One more round of a delivery, on its newest version. @throws HttpFailure 409 when others keep changing it. */
export async function replayDelivery(ports: ReplayPorts, known: Delivery): Promise<Delivery> {
  const { clock, randomSource, settings, webhooks } = ports;
  const attempt = async (tries: number): Promise<Tried<Delivery>> => {
    const [before] = tries === 0 ? [known] : await webhooks.loadDeliveries([known]);
    if (!before) throw documentedFailure(404);
    const context = { now: clock.now(), random: () => randomSource.random(), settings: settings.deliveries };
    const decision = decideDelivery(before, { type: 'replay-requested' }, context);
    const isSaved = decision.kind === 'changed' && (await webhooks.saveDelivery(before, decision.delivery));
    return isSaved ? { result: decision.delivery } : 'lost';
  };
  const contended = (): Error => ownFailure('changedByOthers', 'the delivery is being changed by others; try again');
  return commitOptimistically(ports, { policy: tryPolicies.delivery, attempt, contended });
}

/** @throws HttpFailure 409: nothing can be sent again to an endpoint that the relay does not call. */
export function requireEnabled(endpoint: WebhookEndpoint): void {
  if (endpoint.disabled) throw ownFailure('endpointUnusable', 'the endpoint is disabled; enable it first');
}

/** The same, and called at once: who asks for it expects the receiver to be healthy, and a pause need not run out first. */
export async function replayNow(ports: ReplayPorts, delivery: Delivery): Promise<Delivery> {
  const replayed = await replayDelivery(ports, delivery);
  const { laneId, accountId } = delivery;
  await ports.webhooks.changeLane(laneId, forgiven);
  await sendLaneDoorbell(ports, { laneId, accountId });
  return replayed;
}
