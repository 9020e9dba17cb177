// Endpoints, deliveries and events as clients see them: snake_case like the rest of the API, times in ISO 8601.
// Secrets are never included: only the call that creates a secret shows it. Pure.
import { publicKeyOf, schemeOf } from '../domain/webhook/webhook-signature.ts';
import { currentSecret, secretsInForce } from '../domain/webhook/webhook-secrets.ts';
import { whyUndelivered } from '../domain/webhook/why-undelivered.ts';
import type { Delivery, DeliveryAttempt } from '../domain/webhook/delivery.ts';
import type { Lane } from '../domain/webhook/lane.ts';
import type { OutboxEvent } from '../domain/webhook/outbox-event.ts';
import type { WebhookEndpoint } from '../domain/webhook/webhook-endpoint.ts';

export interface PublicEndpoint {
  /** Whose it is; only in answers to operators, as in the other shapes here. */
  readonly account?: string;
  readonly id: string;
  readonly url: string;
  readonly description: string | null;
  /** Null for every type that the shape can carry. */
  readonly events: readonly string[] | null;
  /** Calls per second; null for no limit of its own. */
  readonly rate_limit: number | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly shape: string;
  readonly signatures: readonly string[];
  /** The key that verifies v1a signatures; null without them. */
  readonly public_key: string | null;
  /** When each secret in force was created, newest first, and when it stops signing. */
  readonly secrets: readonly {
    readonly scheme: string;
    readonly created_at: string;
    readonly retires_at: string | null;
  }[];
  readonly disabled: boolean;
  readonly disabled_at: string | null;
  /** `owner`, `gone` (it answered 410) or `failing` (five days of nothing else). */
  readonly disabled_reason: string | null;
  /** Since when every call has failed; null when the last one succeeded. */
  readonly failing_since: string | null;
  /** No call is made before then. */
  readonly paused_until: string | null;
  /** When the event happened that has waited longest for its delivery; null when everything is delivered. */
  readonly oldest_undelivered_at: string | null;
  /** Deliveries that wait, and whether counting stopped there. */
  readonly pending: number;
  readonly pending_at_least: boolean;
  /** The last call that was noted: those of a healthy receiver are not. Null before the first. */
  readonly last_answer: {
    readonly at: string;
    readonly http_status: number | null;
    readonly cause: string | null;
  } | null;
  readonly created_at: string;
  readonly updated_at: string;
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

function isoOrNull(at: number | undefined): string | null {
  return at === undefined ? null : iso(at);
}

/** How many deliveries wait in a lane, as far as they were counted. */
export interface Waiting {
  readonly pending: number;
  readonly isMore: boolean;
}

export const noneWaiting: Waiting = { pending: 0, isMore: false };

/** @param lane the endpoint's condition, if it was ever called. */
export function publicEndpoint(
  endpoint: WebhookEndpoint,
  lane: Lane | undefined,
  now: number,
  waiting: Waiting = noneWaiting,
): PublicEndpoint {
  const inForce = secretsInForce(endpoint.secrets, now);
  const asymmetric = currentSecret(endpoint.secrets, 'v1a');
  return {
    id: endpoint.id,
    url: endpoint.url,
    description: endpoint.description ?? null,
    events: endpoint.events ?? null,
    rate_limit: endpoint.ratePerSecond ?? null,
    headers: endpoint.headers,
    shape: endpoint.shape,
    signatures: asymmetric ? ['v1', 'v1a'] : ['v1'],
    public_key: asymmetric ? publicKeyOf(asymmetric.secret) : null,
    secrets: inForce.map(({ secret, createdAt, retiresAt }) => ({
      scheme: schemeOf(secret),
      created_at: iso(createdAt),
      retires_at: isoOrNull(retiresAt),
    })),
    ...publicDisabled(endpoint),
    ...publicLane(lane, now),
    pending: waiting.pending,
    pending_at_least: waiting.isMore,
    created_at: iso(endpoint.createdAt),
    updated_at: iso(endpoint.updatedAt),
  };
}

function publicLane(
  lane: Partial<Lane> = {},
  now: number,
): Pick<PublicEndpoint, 'failing_since' | 'paused_until' | 'oldest_undelivered_at' | 'last_answer'> {
  const { failingSince, pausedUntil = 0, undeliveredSince, lastAnswer } = lane;
  return {
    failing_since: isoOrNull(failingSince),
    paused_until: pausedUntil > now ? iso(pausedUntil) : null,
    oldest_undelivered_at: isoOrNull(undeliveredSince),
    last_answer: publicAnswer(lastAnswer),
  };
}

function publicAnswer(lastAnswer: Lane['lastAnswer']): PublicEndpoint['last_answer'] {
  if (!lastAnswer) return null;
  return { at: iso(lastAnswer.at), http_status: lastAnswer.status ?? null, cause: lastAnswer.cause ?? null };
}

function publicDisabled({
  disabled,
}: WebhookEndpoint): Pick<PublicEndpoint, 'disabled' | 'disabled_at' | 'disabled_reason'> {
  return disabled
    ? { disabled: true, disabled_at: iso(disabled.since), disabled_reason: disabled.reason }
    : { disabled: false, disabled_at: null, disabled_reason: null };
}

export interface PublicDeliveryAttempt {
  readonly attempt: number;
  /** 0, or the number of the replay that it belongs to. */
  readonly replay: number;
  readonly started_at: string;
  readonly duration_ms: number;
  readonly http_status: number | null;
  /** `dns`, `address`, `connect`, `tls`, `timeout`, `connection` or `status`; null for a success. */
  readonly cause: string | null;
  /** Why a call got no answer; null when it got one. */
  readonly error: string | null;
  /** Start of the answer's body; null without an answer. */
  readonly answer: string | null;
}

export interface PublicDelivery {
  readonly account?: string;
  readonly id: string;
  readonly status: string;
  /** Why it is exhausted: `attempts`, `gone`, `too_old`, `endpoint_deleted`. */
  readonly reason: string | null;
  readonly event_id: string;
  readonly event_type: string;
  readonly request_id: string | null;
  /** Null for the `?webhook=` of a submit. */
  readonly endpoint_id: string | null;
  /** Address that it is sent to, or the endpoint's id once the endpoint is gone. */
  readonly receiver: string;
  readonly replays: number;
  readonly attempt_count: number;
  readonly attempts: readonly PublicDeliveryAttempt[];
  readonly next_attempt_at: string | null;
  /** Why it is not called just now, and when it goes on; null when it is over, or its turn comes as soon as it can. */
  readonly waits: { readonly reason: string; readonly until: string | null } | null;
  readonly delivered_at: string | null;
  readonly created_at: string;
  readonly updated_at: string;
}

function publicAttempt(attempt: DeliveryAttempt): PublicDeliveryAttempt {
  return {
    attempt: attempt.number,
    replay: attempt.replay,
    started_at: iso(attempt.startedAt),
    duration_ms: attempt.durationMs,
    http_status: attempt.status ?? null,
    cause: attempt.cause ?? null,
    error: attempt.status === undefined ? `${attempt.cause ?? 'unknown'}: ${attempt.detail ?? ''}` : null,
    answer: attempt.answer ?? null,
  };
}

/** What is known of a delivery's receiver beside the delivery itself. */
interface KnownReceiver {
  /** Undefined for the `?webhook=` of a submit, and for an endpoint that is gone. */
  readonly endpoint: WebhookEndpoint | undefined;
  readonly lane: Lane | undefined;
}

export function publicDelivery(delivery: Delivery, receiver: KnownReceiver, now: number): PublicDelivery {
  const wait = whyUndelivered(delivery, receiver, now);
  const endpointUrl = receiver.endpoint?.url;
  return {
    id: delivery.id,
    status: delivery.status,
    reason: delivery.reason?.replaceAll('-', '_') ?? null,
    event_id: delivery.event.id,
    event_type: delivery.eventType,
    request_id: delivery.taskId ?? null,
    endpoint_id: delivery.url === undefined ? delivery.laneId : null,
    receiver: delivery.url ?? endpointUrl ?? delivery.laneId,
    replays: delivery.replays,
    attempt_count: delivery.attemptCount,
    attempts: delivery.attempts.map(publicAttempt),
    next_attempt_at: isoOrNull(delivery.nextAttemptAt),
    waits: wait ? { reason: wait.reason, until: isoOrNull(wait.until) } : null,
    delivered_at: isoOrNull(delivery.deliveredAt),
    created_at: iso(delivery.createdAt),
    updated_at: iso(delivery.updatedAt),
  };
}

export interface PublicEvent {
  readonly account?: string;
  readonly id: string;
  readonly type: string;
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What a webhook of the event carries, plus its id, which a webhook has in a header. */
export function publicEvent({ id, type, at, data }: OutboxEvent): PublicEvent {
  return {
    id,
    type,
    timestamp: iso(at),
    data,
  };
}
