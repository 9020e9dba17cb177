// Writes the log: one JSON line per entry, wide enough to be searched by any id it is about.
// An allow-list decides what a log may contain: numbers and flags always pass, a text only under a name that is known
// to hold ids or words of our own. A prompt, a key or an address that is logged by mistake, under any name, shows only
// as its length.
import { cutText } from '../domain/cut-text.ts';
import { RelayError } from '../domain/relay-error.ts';
import type { Clock, Log } from '../ports/ports.ts';

/**
 * Names of fields whose texts are ids, states or codes. Add one only if no client and no provider can fill it freely:
 * `model` and `correlationId` come from a client, but in a form that holds no sentence and no address.
 */
const openNames = new Set(
  (
    'taskId taskIds accountId gateId laneId deliveryId deliveryIds endpointId eventId messageId messageIds requestId leaseId ' +
    'upstreamId batchId queue kind type status stage reason code level fault method route model outcome resolution ' +
    'event effect name by version missing table correlationId next doubt slot'
  ).split(' '),
);

/** Errors that parsers throw quote what they parsed. Only classes that quote nothing may show their message. */
const openErrors = new Set(['Error', 'RelayError', 'TypeError', 'RangeError', 'ReferenceError', 'AggregateError']);

const DEPTH_MAX = 5;
const ENTRIES_MAX = 100;
const TEXT_CHARS_MAX = 500;
const STACK_LINES_MAX = 12;

interface JsonLogOptions {
  readonly service: string;
  readonly clock: Pick<Clock, 'now'>;
  /** Fields of each warning and error, such as the version. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Standard output by default; receives whole lines including the line break. */
  readonly write?: (line: string) => void;
}

type Level = 'info' | 'warn' | 'error';

export function makeJsonLog({ service, clock, fields = {}, write = toStandardOutput }: JsonLogOptions): Log {
  const line =
    (level: Level) =>
    (message: string, more: Readonly<Record<string, unknown>> = {}): void => {
      // CloudWatch itself records time and function of a usual line, and each byte of it is paid for with every task.
      const isUsual = level === 'info';
      const shown = showFields(isUsual ? more : { ...fields, ...more }, 0);
      const told = isUsual ? {} : { level, time: new Date(clock.now()).toISOString(), service };
      const origin = { level: undefined, time: undefined, service: undefined, ...told };
      // Last, so that no field can replace one of these.
      write(`${JSON.stringify({ ...shown, ...origin, message: withoutKeys(message) })}\n`);
    };
  return { info: line('info'), warn: line('warn'), error: line('error') };
}

function showFields(fields: Readonly<Record<string, unknown>>, depth: number): Record<string, unknown> {
  const entries = Object.entries(fields).slice(0, ENTRIES_MAX);
  return Object.fromEntries(entries.map(([name, value]) => [name, show(value, openNames.has(name), depth)]));
}

function show(value: unknown, isOpen: boolean, depth: number): unknown {
  switch (typeof value) {
    case 'number':
    case 'boolean':
    case 'undefined':
      return value;
    case 'bigint':
      return String(value);
    case 'string':
      return isOpen || /^\d{1,20}$/.test(value) ? withoutKeys(value) : `[${value.length} chars]`;
    case 'object':
      break;
    default:
      return `[${typeof value}]`;
  }
  if (value === null) return null;
  if (depth >= DEPTH_MAX) return '[deeper]';
  if (value instanceof Error) return showError(value, depth);
  if (Array.isArray(value)) return value.slice(0, ENTRIES_MAX).map((entry: unknown) => show(entry, isOpen, depth + 1));
  return showFields(value as Record<string, unknown>, depth + 1);
}

/** What the rules of the log allow of anything thrown: class, code and text. */
export function loggableError(thrown: unknown): { name: string; message: string; code?: string | undefined } {
  if (!(thrown instanceof Error)) return { name: typeof thrown, message: '' };
  const { name, message, code } = showError(thrown, 0);
  return { name, message, ...(code !== undefined && { code: String(code) }) };
}

interface ShownError extends Record<string, unknown> {
  readonly name: string;
  readonly message: string;
  readonly code?: string | number;
}

function showError(error: Error, depth: number): ShownError {
  const { code, $metadata } = error as Error & { code?: unknown; $metadata?: { requestId?: unknown } };
  const isOpen = openErrors.has(error.name) || $metadata !== undefined;
  const frames = (error.stack ?? '').split('\n').filter((frame) => /^\s+at /.test(frame));
  return {
    name: error.name,
    message: isOpen ? withoutKeys(error.message) : `[${error.message.length} chars]`,
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    ...(typeof $metadata?.requestId === 'string' && { awsRequestId: $metadata.requestId }),
    ...(error instanceof RelayError && { details: showFields(error.details, depth + 1) }),
    stack: frames.slice(0, STACK_LINES_MAX).map((frame) => frame.trim()),
    ...(error.cause !== undefined && { cause: show(error.cause, false, depth + 1) }),
  };
}

/** Even a permitted text shows no key: the relay's own, the provider's, or a header that carries one. */
function withoutKeys(text: string): string {
  return cutText(text, TEXT_CHARS_MAX)
    .replaceAll(/\b(sk|whsec)_[\w+/=-]+/g, '$1_…')
    .replaceAll(/\bBearer\s+\S+/gi, 'Bearer …');
}

function toStandardOutput(line: string): void {
  process.stdout.write(line);
}
