// One event on its way to one receiver: its attempts, and what can be read off it without deciding anything.
// decide-delivery.ts changes it; the store keeps it; core/http/public-webhook.ts shows it to clients.
import { createHash } from 'node:crypto';
import { eventKeyOf } from './outbox-event.ts';
import type { EventKey, EventType, LoggedEvent, OutboxEvent } from './outbox-event.ts';

/** `exhausted`: the relay will not retry on its own; listed, and sent again by a replay. */
export type DeliveryStatus = 'pending' | 'delivered' | 'exhausted';

export const deliveryStatuses: readonly DeliveryStatus[] = ['pending', 'delivered', 'exhausted'];

/** Why the relay stopped trying: schedule used up, answered 410, too old in the end, endpoint deleted. */
export type ExhaustedReason = 'attempts' | 'gone' | 'too-old' | 'endpoint-deleted';

/**
 * Where a call failed: resolving, refused address, dialling, TLS, time limit, connection lost, or the status itself.
 */
export type CallCause = 'dns' | 'address' | 'connect' | 'tls' | 'timeout' | 'connection' | 'status';

/** The result of one POST. A failing receiver is a result, never an exception. */
export type CallResult =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** From `Retry-After`, seconds or date, as a wait from now. */
      readonly retryAfterMs?: number | undefined;
      /** Start of the answer's body as text. */
      readonly answer: string;
      readonly durationMs: number;
    }
  | {
      readonly kind: 'failed';
      readonly cause: Exclude<CallCause, 'status'>;
      /** For people: the system's error code, or the rule that refused. */
      readonly detail: string;
      readonly durationMs: number;
    };

export interface DeliveryAttempt {
  /** 1 for the first; replays continue the count. */
  readonly number: number;
  /** 0 for the first round, then the number of the replay that it belongs to. */
  readonly replay: number;
  readonly startedAt: number;
  readonly durationMs: number;
  readonly status?: number;
  readonly answer?: string;
  /** Absent for a success. */
  readonly cause?: CallCause;
  readonly detail?: string;
}

export interface Delivery {
  /** `dlv_…`, derived from the event's time and a digest of event and lane: a repeated fan-out produces the same id. */
  readonly id: string;
  /** The receiver's lane: the endpoint's id, or `url_…` for the host of a `?webhook=`. */
  readonly laneId: string;
  readonly accountId: string;
  readonly event: EventKey;
  /** When the event happened. */
  readonly eventAt: number;
  readonly eventType: EventType;
  readonly taskId?: string;
  /** The address, unless an endpoint defines it. */
  readonly url?: string;
  readonly status: DeliveryStatus;
  readonly reason?: ExhaustedReason;
  /** Replays requested so far, which is the number of the present round. */
  readonly replays: number;
  /** Attempts of the present round. */
  readonly attemptsOfRound: number;
  /** Attempts in all, including those no longer kept. */
  readonly attemptCount: number;
  readonly attempts: readonly DeliveryAttempt[];
  /** When the next attempt may be made; only while pending. */
  readonly nextAttemptAt?: number;
  /** No attempt of this round begins later. */
  readonly expiresAt: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly deliveredAt?: number;
  /** Raised by one with each change; every change is conditional on it. */
  readonly version: number;
}

export function isSuccess(result: CallResult): boolean {
  return result.kind === 'answered' && result.status >= 200 && result.status <= 299;
}

function digest(text: string, chars: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, chars);
}

/** Twelve hex digits of milliseconds sort as text like the times they stand for, until the year 10889. */
function timePart(at: number): string {
  return Math.max(0, Math.floor(at)).toString(16).padStart(12, '0');
}

export function deliveryIdOf(event: Pick<OutboxEvent, 'id' | 'at'>, laneId: string): string {
  return `dlv_${timePart(event.at)}${digest(`${event.id}|${laneId}`, 20)}`;
}

/** Lowest delivery id that an event of this moment can have: where a listing since then begins. */
export function deliveryIdFloor(at: number): string {
  return `dlv_${timePart(at)}`;
}

/** Receivers of one host share a lane, because a fault of the host affects all of them; accounts never share one. */
export function laneIdOfUrl(accountId: string, url: string): string {
  return `url_${digest(`${accountId}|${URL.parse(url)?.origin ?? url}`, 32)}`;
}

/** First attempts go before everything else of their lane: a backlog of retries must not make fresh events late. */
export type EntryKind = 'first' | 'retry';

/** The place of a pending delivery in its lane; each kind is ordered by time. */
export interface LaneEntry {
  readonly deliveryId: string;
  readonly kind: EntryKind;
  /** When its next attempt may be made. */
  readonly at: number;
}

/** Undefined for a delivery that needs no attempt. */
export function laneEntryOf(delivery: Delivery): LaneEntry | undefined {
  if (delivery.status !== 'pending' || delivery.nextAttemptAt === undefined) return undefined;
  const isFirst = delivery.replays === 0 && delivery.attemptsOfRound === 0;
  return { deliveryId: delivery.id, kind: isFirst ? 'first' : 'retry', at: delivery.nextAttemptAt };
}

interface NewDelivery {
  readonly logged: LoggedEvent;
  readonly laneId: string;
  readonly url?: string | undefined;
  readonly now: number;
  readonly expiresAt: number;
}

export function newDelivery({ logged, laneId, url, now, expiresAt }: NewDelivery): Delivery {
  return {
    id: deliveryIdOf(logged.event, laneId),
    laneId,
    accountId: logged.event.accountId,
    event: eventKeyOf(logged),
    eventAt: logged.event.at,
    eventType: logged.event.type,
    ...(logged.event.taskId !== undefined && { taskId: logged.event.taskId }),
    ...(url !== undefined && { url }),
    status: 'pending',
    replays: 0,
    attemptsOfRound: 0,
    attemptCount: 0,
    attempts: [],
    nextAttemptAt: now,
    expiresAt,
    createdAt: now,
    updatedAt: now,
    version: 1,
  };
}
