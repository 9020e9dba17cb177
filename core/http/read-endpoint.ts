// Reads the bodies of calls about webhook endpoints, field by field, or answers 400 with what is wrong.
// The address rules judge an address, and the caller its name, if it must be resolved.
import { cutText } from '../domain/cut-text.ts';
import { limits } from '../domain/limits.ts';
import { eventTypes } from '../domain/webhook/outbox-event.ts';
import { endpointShapes } from '../domain/webhook/webhook-body.ts';
import { judgeHeader } from '../domain/webhook/webhook-endpoint.ts';
import { invalidParameter } from './http-failure.ts';
import { readJsonObject } from './read-json-object.ts';
import { DAY_MS, SECOND_MS } from '../domain/time-ms.ts';
import type { EventType } from '../domain/webhook/outbox-event.ts';
import type { WebhookEndpoint } from '../domain/webhook/webhook-endpoint.ts';
import type { Fields } from './read-json-object.ts';

/** What a body may contain; absent for what it does not mention, null for what it removes. */
export interface EndpointFields {
  readonly url?: string;
  readonly description?: string | null;
  readonly events?: readonly EventType[] | null;
  readonly ratePerSecond?: number | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly shape?: WebhookEndpoint['shape'];
  readonly isAsymmetric?: boolean;
  readonly isDisabled?: boolean;
}

const DESCRIPTION_CHARS_MAX = 200;
const RATE_MAX = 1_000;
const OVERLAP_SECONDS_MAX = (30 * DAY_MS) / SECOND_MS;

/** An empty body is an empty object: every field of such a call has a default. */
export function readBodyFields(body: string, known: readonly string[]): Fields {
  const fields = body.trim() === '' ? {} : readJsonObject(body);
  const unknown = Object.keys(fields).filter((name) => !known.includes(name));
  if (unknown.length > 0) throw invalidParameter(`${unknown.join(', ')} is not known here`);
  return fields;
}

const names = ['url', 'description', 'events', 'rate_limit', 'headers', 'shape', 'signatures', 'disabled'];

/** @throws HttpFailure 400. */
export function readEndpoint(body: string): EndpointFields {
  const fields = readBodyFields(body, names);
  const { url, description, events, rate_limit: rate, headers, shape, signatures, disabled } = fields;
  return {
    ...(url !== undefined && { url: readText(url, 'url') }),
    ...(description !== undefined && { description: readDescription(description) }),
    ...(events !== undefined && { events: readEvents(events) }),
    ...(rate !== undefined && { ratePerSecond: readRate(rate) }),
    ...(headers !== undefined && { headers: readHeaders(headers) }),
    ...(shape !== undefined && { shape: readShape(shape) }),
    ...(signatures !== undefined && { isAsymmetric: readSignatures(signatures) }),
    ...(disabled !== undefined && { isDisabled: readFlag(disabled, 'disabled') }),
  };
}

function readText(value: unknown, name: string): string {
  if (typeof value !== 'string' || value === '') throw invalidParameter(`${name} must be a string`);
  return value;
}

function readFlag(value: unknown, name: string): boolean {
  if (typeof value !== 'boolean') throw invalidParameter(`${name} must be true or false`);
  return value;
}

function readDescription(value: unknown): string | null {
  if (value === null) return null;
  const text = readText(value, 'description');
  if (text.length > DESCRIPTION_CHARS_MAX) {
    throw invalidParameter(`description has more than ${DESCRIPTION_CHARS_MAX} characters`);
  }
  return text.toWellFormed();
}

function readEvents(value: unknown): readonly EventType[] | null {
  if (value === null) return null;
  const isKnown = (one: unknown): one is EventType => eventTypes.some((type) => type === one);
  if (!Array.isArray(value) || value.length === 0 || !value.every(isKnown)) {
    throw invalidParameter(`events must be null or a list of ${eventTypes.join(', ')}`);
  }
  return [...new Set(value)];
}

function readRate(value: unknown): number | null {
  if (value === null) return null;
  if (typeof value !== 'number' || !(value >= 0.01) || value > RATE_MAX) {
    throw invalidParameter(`rate_limit must be null or calls a second, from 0.01 to ${RATE_MAX}`);
  }
  return value;
}

function readHeaders(value: unknown): Readonly<Record<string, string>> {
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw invalidParameter('headers must be null or an object of strings');
  }
  const entries = Object.entries(value).map(([name, text]) => [name.toLowerCase(), text as unknown] as const);
  if (entries.length > limits.webhookHeadersMax) {
    throw invalidParameter(`there are more than ${limits.webhookHeadersMax} headers`);
  }
  const headers: Record<string, string> = {};
  for (const [name, text] of entries) {
    const why = typeof text === 'string' ? judgeHeader(name, text) : 'is not a string';
    if (why !== undefined) throw invalidParameter(`the header ${cutText(name, 64)} ${why}`);
    // In lower case two spellings are one name, and it would be unclear which of the values is meant.
    if (Object.hasOwn(headers, name)) throw invalidParameter(`the header ${name} is given twice`);
    headers[name] = text as string;
  }
  const bytes = Buffer.byteLength(JSON.stringify(headers));
  if (bytes > limits.webhookHeadersBytesMax) {
    throw invalidParameter(`headers have more than ${limits.webhookHeadersBytesMax} bytes`);
  }
  return headers;
}

function readShape(value: unknown): WebhookEndpoint['shape'] {
  const shape = endpointShapes.find((known) => known === value);
  if (!shape) throw invalidParameter(`shape must be one of ${endpointShapes.join(', ')}`);
  return shape;
}

/** True with v1a. v1 is always included: every receiver can verify it. */
function readSignatures(value: unknown): boolean {
  const given = Array.isArray(value) ? (value as unknown[]) : [];
  const isKnown = given.every((one) => one === 'v1' || one === 'v1a');
  if (!isKnown || !given.includes('v1')) throw invalidParameter('signatures must be ["v1"] or ["v1", "v1a"]');
  return given.includes('v1a');
}

/** How long the old secret continues to sign, from the body of a call that rotates it. */
export function readOverlapMs(body: string, defaultMs: number): number {
  const { overlap_seconds: seconds } = readBodyFields(body, ['overlap_seconds']);
  if (seconds === undefined) return defaultMs;
  if (typeof seconds !== 'number' || !Number.isInteger(seconds) || seconds < 0 || seconds > OVERLAP_SECONDS_MAX) {
    throw invalidParameter(`overlap_seconds must be a whole number from 0 to ${OVERLAP_SECONDS_MAX}`);
  }
  return seconds * 1_000;
}
