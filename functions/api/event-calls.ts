// The pull path: an account's events in order, for clients that missed their webhooks or use none.
// A reader that continues from `next_cursor` misses nothing and gets nothing twice; the store's fence ensures that.
import { invalidParameter } from '../../core/http/http-failure.ts';
import { publicEvent } from '../../core/http/public-webhook.ts';
import { momentHint, momentOf } from '../../core/http/read-query.ts';
import { askedAccount, shownTo } from './asked-account.ts';
import { fittingRows } from './fitting-rows.ts';
import { readLimit } from './task-filter.ts';
import type { Account } from '../../core/domain/account.ts';
import type { EventPlace } from '../../core/ports/webhook-ports.ts';
import type { Answer } from '../../core/http/answer.ts';
import type { Query } from '../../core/http/read-query.ts';
import type { WebhookApiPorts } from './webhook-ports.ts';

/** The first letter is the version of the cursor's form. */
const FORM = 'e1';

export function writeEventCursor({ position, id }: EventPlace): string {
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
export function readEventCursor(text: string | undefined): EventPlace {
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

export async function listEvents(ports: WebhookApiPorts, account: Account, query: Query): Promise<Answer> {
  const after = readEventCursor(query['after']);
  const accountId = askedAccount(account, query['account']);
  const events = await ports.webhooks.readEvents(accountId, after, readLimit(query['limit']));
  const data = fittingRows(events.map(({ event }) => shownTo(account, accountId, publicEvent(event))));
  const last = events[data.length - 1];
  const reached = last ? { position: last.position, id: last.event.id } : after;
  return {
    status: 200,
    // Always a cursor: a reader that is up to date uses it for its next call.
    body: { data, next_cursor: writeEventCursor(reached) },
  };
}
