// Brings events to a receiver on this machine, one after the other: signed when they are sent, tried again, and never given up
// because nothing listens or the network is away. What was read is known by the cursor alone: the relay keeps nothing.
import { SECOND_MS } from '../core/domain/time-ms.ts';
import { signedHeaders } from '../core/domain/webhook/webhook-signature.ts';
import { CommandFailure } from './command-failure.ts';
import type { EventPage, EventSource, IncomingEvent } from './event-source.ts';

/** What became of one call. */
export type Forwarded =
  | { readonly kind: 'answered'; readonly status: number; readonly durationMs: number }
  /** Nothing read the event: no server listens, or no answer came in time. */
  | { readonly kind: 'unheard'; readonly cause: string; readonly durationMs: number };

interface ForwardPorts {
  readonly source: EventSource;
  readonly call: (headers: Readonly<Record<string, string>>, body: string) => Promise<Forwarded>;
  /** All that sign now, newest first. */
  readonly secrets: () => readonly string[];
  readonly now: () => number;
  /** Ends early with the signal. */
  readonly pause: (delayMs: number) => Promise<void>;
  /** Everything before this cursor was forwarded. */
  readonly reach: (after: string) => void;
  /** An event that the receiver refused each time. */
  readonly passOver: (id: string) => void;
  readonly tell: (event: IncomingEvent, result: Forwarded, tries: number) => void;
  /** The source cannot be read just now. */
  readonly tellTrouble: (text: string, delayMs: number) => void;
}

const POLL_MS = SECOND_MS;
const BACKOFF_MAX_MS = 30 * SECOND_MS;
/** Of an event that the receiver answers with an error: a broken handler must not hold up the others for good. */
const TRIES_MAX = 3;

function backoffMs(times: number): number {
  return Math.min(BACKOFF_MAX_MS, SECOND_MS * 2 ** (times - 1));
}

/**
 * Until the signal ends it. Of the page that it was ended in, some events are sent again from the cursor that was reached.
 * @throws CommandFailure when the source cannot be read for good, and whatever the signing throws.
 */
export async function forwardEvents(ports: ForwardPorts, from: string, signal: AbortSignal): Promise<void> {
  let after = from;
  while (!signal.aborted) {
    const page = await readPatiently(ports, after, signal);
    for (const event of page?.events ?? []) await forward(ports, event, signal);
    if (page === undefined || isEnded(signal)) return;
    after = page.next;
    ports.reach(after);
    if (page.events.length === 0) await ports.pause(POLL_MS);
  }
}

/** Only reading is repeated: what fails in the work on a page fails again with the same page. Undefined for the end. */
async function readPatiently(
  { source, pause, tellTrouble }: ForwardPorts,
  after: string,
  signal: AbortSignal,
): Promise<EventPage | undefined> {
  for (let failures = 1; !signal.aborted; failures += 1) {
    try {
      return await unlessEnded(source.read(after, signal), signal);
    } catch (error) {
      if (error instanceof CommandFailure) throw error;
      if (isEnded(signal)) return undefined;
      tellTrouble(error instanceof Error ? error.message : String(error), backoffMs(failures));
      await pause(backoffMs(failures));
    }
  }
  return undefined;
}

/** Undefined as soon as the signal is raised: not every source can cut what it has begun. */
async function unlessEnded<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value | undefined> {
  const { promise: ended, resolve } = Promise.withResolvers<undefined>();
  const end = (): void => resolve(undefined);
  signal.addEventListener('abort', end, { once: true });
  try {
    return await Promise.race([work, ended]);
  } finally {
    signal.removeEventListener('abort', end);
  }
}

/** Read again: a call or a pause lies between. */
function isEnded(signal: AbortSignal): boolean {
  return signal.aborted;
}

async function forward(ports: ForwardPorts, event: IncomingEvent, signal: AbortSignal): Promise<void> {
  let answers = 0;
  for (let tries = 1; !signal.aborted; tries += 1) {
    const timestampSeconds = Math.floor(ports.now() / SECOND_MS);
    const { id, body } = event;
    const result = await ports.call(signedHeaders(ports.secrets(), { id, timestampSeconds, body }), body);
    if (isEnded(signal) && result.kind === 'unheard') return;
    ports.tell(event, result, tries);
    if (result.kind === 'answered') {
      answers += 1;
      const isTaken = result.status >= 200 && result.status < 300;
      if (isTaken) return;
      if (answers >= TRIES_MAX) return ports.passOver(id);
    }
    await ports.pause(backoffMs(tries));
  }
}
