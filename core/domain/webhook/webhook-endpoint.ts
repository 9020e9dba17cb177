// An endpoint that an account registered for its events: what it wants, how it is called, whether it is disabled.
// lane.ts holds its condition (failing, paused); webhook-secrets.ts its secrets.
import type { EventType, OutboxEvent } from './outbox-event.ts';
import type { WebhookSecret } from './webhook-secrets.ts';
import type { endpointShapes } from './webhook-body.ts';

/** What disabled it: its owner, its own answer 410, or five days of nothing but failures. */
export type DisabledReason = 'owner' | 'gone' | 'failing';

export interface WebhookEndpoint {
  /** `we_` and a UUIDv7. */
  readonly id: string;
  readonly accountId: string;
  readonly url: string;
  readonly description?: string;
  /** Absent for every type that the endpoint's shape can carry. */
  readonly events?: readonly EventType[];
  /** Calls per second at most; absent for no limit of its own. */
  readonly ratePerSecond?: number;
  /** Sent with every call; never one of the relay's own headers. */
  readonly headers: Readonly<Record<string, string>>;
  readonly shape: (typeof endpointShapes)[number];
  readonly secrets: readonly WebhookSecret[];
  readonly disabled?: { readonly since: number; readonly reason: DisabledReason };
  /** Until then, or until it is done, one recovery is running. */
  readonly recoveringUntil?: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Raised by one with each change; every change is conditional on it. */
  readonly version: number;
}

/** An account's own secrets, for the `?webhook=` of its submits. */
export interface AccountSigning {
  readonly accountId: string;
  readonly secrets: readonly WebhookSecret[];
  readonly version: number;
}

/** True when an event is meant for the endpoint, disabled or not. */
export function wantsEvent(endpoint: WebhookEndpoint, event: Pick<OutboxEvent, 'type' | 'taskId'>): boolean {
  if (endpoint.events) return endpoint.events.includes(event.type);
  // A receiver of bare tasks can only read tasks; other events reach it only if it lists them.
  return endpoint.shape === 'event' || event.taskId !== undefined;
}

export function disableEndpoint(endpoint: WebhookEndpoint, reason: DisabledReason, now: number): WebhookEndpoint {
  return {
    ...endpoint,
    disabled: { since: now, reason },
    updatedAt: now,
    version: endpoint.version + 1,
  };
}

/** Headers that the relay sets itself, or that change how the request is framed or kept. */
const relayHeaders =
  /^(webhook-.*|svix-.*|host|connection|content-.*|transfer-encoding|te|trailer|upgrade|http2-settings|expect|keep-alive|proxy-.*|user-agent|accept-encoding|date|max-forwards)$/i;

/**
 * Headers that name the caller, or that replace parts of the request: proxies, frameworks and log readers trust
 * them. Cookies and headers of answers belong here too, and `__proto__`, which JavaScript does not treat as a header.
 */
const misleadingHeaders =
  /^(__proto__|set-cookie2?|cookie2?|forwarded|via|x-forwarded-.*|x-real-ip|true-client-ip|cf-connecting-ip|x-client-ip|x-original-.*|x-rewrite-.*|x-http-method.*|x-method-override|origin|referer|range|if-.*|sec-.*|access-control-.*|alt-svc|age|server|location|www-authenticate|refresh|strict-transport-security)$/i;

export const headerNamePattern = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/;

/** Visible ASCII, spaces within: anything else could end the header and begin another (RFC 9110, 5.5). */
export const headerValuePattern = /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/;

/** Why a header may not be sent with webhooks; undefined when it may. */
export function judgeHeader(name: string, value: string): string | undefined {
  if (!headerNamePattern.test(name)) return 'is not a header name';
  if (relayHeaders.test(name)) return 'is set by the relay';
  if (misleadingHeaders.test(name)) return 'is not sent with webhooks';
  return headerValuePattern.test(value) ? undefined : 'has a value that no header can carry';
}
