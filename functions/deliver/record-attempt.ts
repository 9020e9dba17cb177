// Records the result of one call: the delivery moves on, the lane learns about its receiver, and an event notifies the
// owner when the relay gave something up. The domain decides; this file writes and handles races.
import { lineMessages } from '../../core/contract/line-messages.ts';
import { RelayError } from '../../core/domain/relay-error.ts';
import { decideDelivery } from '../../core/domain/webhook/decide-delivery.ts';
import { isSuccess } from '../../core/domain/webhook/delivery.ts';
import { isPaused, judgeEndpoint, laneAfterCall } from '../../core/domain/webhook/lane.ts';
import { disableEndpoint } from '../../core/domain/webhook/webhook-endpoint.ts';
import { commitOptimistically, tryPolicies } from '../../core/ports/optimistic-commit.ts';
import { sendDoorbells } from '../../core/flows/send-doorbells.ts';
import { deliveryContext } from './deliver-ports.ts';
import { endpointOfLane } from './receiver.ts';
import type { CallResult, Delivery } from '../../core/domain/webhook/delivery.ts';
import type { DeliveryEvent } from '../../core/domain/webhook/decide-delivery.ts';
import type { Lane } from '../../core/domain/webhook/lane.ts';
import type { OutboxEvent } from '../../core/domain/webhook/outbox-event.ts';
import type { DisabledReason } from '../../core/domain/webhook/webhook-endpoint.ts';
import type { WideLine } from '../../core/contract/wide-lines.ts';
import type { Tried } from '../../core/ports/optimistic-commit.ts';
import type { DeliverPorts, LaneName } from './deliver-ports.ts';

/**
 * Applies an event to a delivery, on its newest version.
 * @param isEnqueued false for one that was called as soon as it was created, and never had an entry in its lane.
 * @returns undefined when the delivery has moved on without it, or is gone.
 */
export async function applyToDelivery(
  ports: DeliverPorts,
  delivery: Delivery,
  event: DeliveryEvent,
  { isEnqueued = true }: { readonly isEnqueued?: boolean } = {},
): Promise<Delivery | undefined> {
  const attempt = async (tries: number): Promise<Tried<Delivery | undefined>> => {
    const [before] = tries === 0 ? [delivery] : await ports.store.loadDeliveries([delivery]);
    const decision = before && decideDelivery(before, event, deliveryContext(ports));
    if (!before || decision?.kind !== 'changed') return { result: undefined };
    const after = decision.delivery;
    const news = exhaustedEvent(ports, after);
    // The writer that changed it meanwhile has enqueued it.
    const wasEnqueued = isEnqueued || tries > 0;
    if (!(await ports.store.saveDelivery(before, after, { event: news, wasEnqueued }))) return 'lost';
    if (news) await announce(ports, news);
    if (after.status === 'exhausted')
      ports.metrics.emit({ values: { DeliveriesExhausted: 1 }, properties: idsOf(after) });
    return { result: after };
  };
  const contended = (): Error =>
    new RelayError('store-contended', 'A delivery changed during every try to record', { deliveryId: delivery.id });
  return commitOptimistically(ports, { policy: tryPolicies.delivery, attempt, contended });
}

/** Sends a doorbell for an event that was just written; if it is lost, the sweep finds the event. */
async function announce(ports: DeliverPorts, event: OutboxEvent): Promise<void> {
  const { accountId, at: position, id: eventId } = event;
  const doorbell = { kind: 'event', accountId, position, eventId } as const;
  await sendDoorbells(ports, [{ queue: 'deliver', doorbell, delayMs: 0, group: accountId }]);
}

function idsOf({ id, laneId, accountId, event }: Delivery) {
  return {
    deliveryId: id,
    laneId,
    accountId,
    eventId: event.id,
  };
}

/**
 * The event that notifies the owner when a delivery is given up. None for a delivery that itself carries such an event,
 * which would make it endless, and none for a delivery that its endpoint's own end explains.
 */
function exhaustedEvent({ clock }: DeliverPorts, delivery: Delivery): OutboxEvent | undefined {
  const { status, reason, eventType, url, laneId } = delivery;
  if (status !== 'exhausted' || eventType === 'delivery.exhausted' || reason === 'endpoint-deleted') return undefined;
  if (reason === 'gone' && url === undefined) return undefined;
  return {
    // One for each round: a replay that is exhausted as well is reported again.
    id: `evt_${delivery.id}_${delivery.replays}`,
    type: 'delivery.exhausted',
    accountId: delivery.accountId,
    at: clock.now(),
    data: {
      delivery_id: delivery.id,
      endpoint_id: url === undefined ? laneId : null,
      event_id: delivery.event.id,
      event_type: eventType,
      request_id: delivery.taskId ?? null,
      // Spelt like the list of deliveries.
      reason: reason?.replaceAll('-', '_') ?? null,
      attempts: delivery.attemptCount,
    },
  };
}

/** Where the holder of a lane keeps its state: several calls are under way, and each learns on top of the last. */
export interface LaneState {
  lane: Lane;
}

/** Updates the lane with the result of a call; true when the call disabled the endpoint. */
export async function recordCall(
  ports: DeliverPorts,
  state: LaneState,
  delivery: Delivery,
  call: { readonly startedAt: number; readonly result: CallResult; readonly isEnqueued: boolean },
): Promise<boolean> {
  const { startedAt, result, isEnqueued } = call;
  const attempt = delivery.attemptCount + 1;
  measureCall(ports, delivery, startedAt, result);
  await applyToDelivery(ports, delivery, { type: 'attempted', attempt, startedAt, result }, { isEnqueued });
  // From here to the assignment nothing may await, or the result of another call would be lost.
  const context = deliveryContext(ports);
  const { lane } = state;
  const learned = laneAfterCall(lane, { result, attemptsOfRound: delivery.attemptsOfRound + 1 }, context);
  state.lane = learned;
  if (isPaused(learned, context.now) && !isPaused(lane, context.now)) {
    ports.metrics.emit({ values: { LanePauses: 1 }, properties: { laneId: lane.id } });
    ports.log.warn('A receiver is paused', { laneId: lane.id, strikes: learned.strikes, until: learned.pausedUntil });
  }
  const verdict = judgeEndpoint(learned, result, context);
  if (verdict === undefined) return false;
  return disable(ports, { laneId: lane.id, accountId: lane.accountId }, verdict, learned);
}

/**
 * Where a call broke, as a value of a closed set: statuses by their class, except those with a meaning of their own.
 */
function codeOf(result: CallResult): string {
  if (result.kind === 'failed') return `webhook-${result.cause}`;
  const { status } = result;
  return status === 410 || status === 429 ? `webhook-${status}` : `webhook-${Math.floor(status / 100)}xx`;
}

function webhookLine(delivery: Delivery, startedAt: number, result: CallResult): WideLine<'webhook'> {
  const { deliveryId, ...ids } = idsOf(delivery);
  return {
    ...ids,
    // Derived from the event and the lane, so it is needed only to examine failures.
    ...(!isSuccess(result) && { deliveryId }),
    taskId: delivery.taskId,
    type: delivery.eventType,
    attempt: delivery.attemptCount + 1,
    ...(delivery.replays > 0 && { replay: delivery.replays }),
    outcome: isSuccess(result) ? 'delivered' : 'failed',
    code: isSuccess(result) ? 'webhook-ok' : codeOf(result),
    // Never the receiver's answer or address: both are its own secrets.
    ...(result.kind === 'answered' && { status: result.status }),
    lagMs: Math.max(0, startedAt - delivery.eventAt),
    tookMs: Math.round(result.durationMs),
  };
}

/** Reports a call to the metrics and the log. */
export function measureCall(ports: DeliverPorts, delivery: Delivery, startedAt: number, result: CallResult): void {
  const isFirst = delivery.attemptCount === 0;
  const isTaken = isSuccess(result);
  ports.log.info(lineMessages.webhook, webhookLine(delivery, startedAt, result));
  const values = { DeliveriesAttempted: 1, DeliveryCallTime: Math.round(result.durationMs) };
  ports.metrics.emit({
    values: {
      ...values,
      ...(isFirst && { DeliveryLag: Math.max(0, startedAt - delivery.eventAt) }),
      ...(isTaken && { DeliveriesSucceeded: 1 }),
      // A replay is requested days later: its time would show nothing about the relay.
      ...(isTaken && delivery.replays === 0 && { DeliveryTime: Math.max(0, ports.clock.now() - delivery.eventAt) }),
    },
  });
  if (!isTaken)
    ports.metrics.emit({ values: { DeliveriesFailed: 1 }, code: codeOf(result), properties: idsOf(delivery) });
}

/**
 * @returns false when there is no endpoint to disable: the lane belongs to the host of a `?webhook=`, or it is gone.
 */
function disable(ports: DeliverPorts, name: LaneName, reason: DisabledReason, lane: Lane): Promise<boolean> {
  const attempt = async (): Promise<Tried<boolean>> => {
    const endpoint = await endpointOfLane(name, ports);
    if (!endpoint || endpoint.disabled) return { result: endpoint !== undefined };
    const now = ports.clock.now();
    const disabled = disableEndpoint(endpoint, reason, now);
    const event: OutboxEvent = {
      id: `evt_${endpoint.id}_${disabled.version}`,
      type: 'endpoint.disabled',
      accountId: endpoint.accountId,
      at: now,
      data: {
        endpoint_id: endpoint.id,
        url: endpoint.url,
        reason,
        disabled_at: new Date(now).toISOString(),
        failing_since: lane.failingSince === undefined ? null : new Date(lane.failingSince).toISOString(),
      },
    };
    if (!(await ports.store.saveEndpoint(disabled, event))) return 'lost';
    await announce(ports, event);
    ports.metrics.emit({ values: { EndpointsDisabled: 1 }, properties: { endpointId: endpoint.id, reason } });
    ports.log.warn('An endpoint is disabled', { endpointId: endpoint.id, accountId: endpoint.accountId, reason });
    return { result: true };
  };
  const contended = (): Error =>
    new RelayError('store-contended', 'An endpoint changed during every try to disable it', { ...name });
  return commitOptimistically(ports, { policy: tryPolicies.endpoint, attempt, contended });
}
