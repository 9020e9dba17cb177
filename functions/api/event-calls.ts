// The pull path: an account's events in order, for clients that missed their webhooks or use none.
// A reader that continues from `next_cursor` misses nothing and gets nothing twice; the store's fence ensures that.
import { readEventCursor, writeEventCursor } from '../../core/http/event-cursor.ts';
import { publicEvent } from '../../core/http/public-webhook.ts';
import { askedAccount, shownTo } from './asked-account.ts';
import { fittingRows } from './fitting-rows.ts';
import { readLimit } from './task-filter.ts';
import type { Account } from '../../core/domain/account.ts';
import type { Answer } from '../../core/http/answer.ts';
import type { Query } from '../../core/http/read-query.ts';
import type { WebhookApiPorts } from './webhook-ports.ts';

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
