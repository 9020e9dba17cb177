// A dead letter as operators see it: what it asked for, and why the relay could not do it. Pure.
// Of its text only ids are shown, which is all that a doorbell of the relay needs; a callback's has outputs beside them.
import { parseDoorbell } from '../contract/messages.ts';
import type { Doorbell } from '../contract/messages.ts';

export interface PublicDeadLetter {
  readonly message_id: string;
  readonly kind: Doorbell['kind'] | null;
  readonly request_id: string | null;
  readonly attempt: number | null;
  readonly event_id: string | null;
  readonly lane_id: string | null;
  readonly job_id: string | null;
  readonly account: string | null;
  /** The beginning of a text that is no doorbell. */
  readonly unknown_text: string | null;
  readonly sent_at: string;
  readonly receive_count: number;
  readonly cause: PublicCause | null;
}

interface PublicCause {
  readonly name: string;
  readonly code: string | null;
  readonly text: string;
  readonly at: string;
  readonly receive_count: number;
}

/** The latest failure, times in milliseconds since the epoch. */
interface ShownFault {
  readonly at: number;
  readonly receiveCount: number;
  readonly error: { readonly name: string; readonly code?: string | undefined; readonly text: string };
}

interface ShownLetter {
  readonly messageId: string;
  readonly body: string;
  readonly sentAt: number;
  readonly receiveCount: number;
  readonly fault: ShownFault | undefined;
}

const UNKNOWN_TEXT_CHARS = 200;

function iso(at: number): string {
  return new Date(at).toISOString();
}

function publicCause({ error, at, receiveCount }: ShownFault): PublicCause {
  const { name, code = null, text } = error;
  return { name, code, text, at: iso(at), receive_count: receiveCount };
}

function idsOf(body: string) {
  const doorbell = parseDoorbell(body);
  const ids: Partial<Record<string, string | number>> = doorbell ? { ...doorbell } : {};
  const textOf = (name: string): string | null => (typeof ids[name] === 'string' ? ids[name] : null);
  return {
    kind: doorbell?.kind ?? null,
    request_id: textOf('taskId'),
    attempt: typeof ids['attempt'] === 'number' ? ids['attempt'] : null,
    event_id: textOf('eventId'),
    lane_id: textOf('laneId'),
    job_id: textOf('jobId'),
    account: textOf('accountId'),
    unknown_text: doorbell ? null : body.slice(0, UNKNOWN_TEXT_CHARS).toWellFormed(),
  };
}

export function publicDeadLetter({ messageId, body, sentAt, receiveCount, fault }: ShownLetter): PublicDeadLetter {
  return {
    message_id: messageId,
    ...idsOf(body),
    sent_at: iso(sentAt),
    receive_count: receiveCount,
    cause: fault ? publicCause(fault) : null,
  };
}
