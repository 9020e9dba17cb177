// The cursor of the log of events: where a reader goes on. The API writes and reads it, and so does the command line, which
// reads the same log.
import { invalidParameter } from './http-failure.ts';
import { momentHint, momentOf } from './read-query.ts';

/** Ports have the same as EventPlace. */
interface Place {
  readonly position: number;
  readonly id: string;
}

/** The first letter is the version of the cursor's form. */
const FORM = 'e1';

export function writeEventCursor({ position, id }: Place): string {
  return Buffer.from(JSON.stringify([FORM, position, id])).toString('base64url');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

/**
 * Where to continue: a cursor of this list, a moment in ISO 8601, or the beginning.
 * @throws HttpFailure 400 for anything else.
 */
export function readEventCursor(text: string | undefined): Place {
  if (text === undefined || text === '') return { position: 0, id: '' };
  const moment = momentOf(text);
  if (moment !== undefined) return { position: moment, id: '' };
  const parts = parse(text);
  const [form, position, id] = Array.isArray(parts) ? (parts as unknown[]) : [];
  const isOurs = form === FORM && Number.isSafeInteger(position) && Number(position) >= 0;
  if (!isOurs || typeof id !== 'string' || !/^[\w-]{0,200}$/.test(id)) {
    throw invalidParameter(`after must be a next_cursor of this list, or a moment in ISO 8601${momentHint(text)}`);
  }
  return { position: Number(position), id };
}
