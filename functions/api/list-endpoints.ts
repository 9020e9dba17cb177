// The list of endpoints: an account's own, or, for operators, another's or those of all accounts, account by account. Each
// page reads a bounded number of accounts: there is no index over endpoints, and none is needed for a list that is read by
// people. The calls about one endpoint are in endpoint-calls.ts.
import { limits } from '../../core/domain/limits.ts';
import { invalidParameter } from '../../core/http/http-failure.ts';
import { accountIdPattern, askedAccounts } from './asked-account.ts';
import { showEndpoint } from './endpoint-calls.ts';
import { fittingRows } from './fitting-rows.ts';
import { readLimit } from './task-filter.ts';
import type { Account } from '../../core/domain/account.ts';
import type { WebhookEndpoint } from '../../core/domain/webhook/webhook-endpoint.ts';
import type { Answer } from '../../core/http/answer.ts';
import type { Query } from '../../core/http/read-query.ts';
import type { AccountListing } from '../../core/ports/ports.ts';
import type { WebhookApiPorts } from './webhook-ports.ts';

/** Accounts that one page reads: some have no endpoints, so a page may be short and its list still go on. */
const ACCOUNTS_A_PAGE = 25;

type ListPorts = WebhookApiPorts & { readonly accounts: AccountListing };

/** Behind this endpoint of this account; an empty id means before the first. */
interface Place {
  readonly accountId: string;
  readonly endpointId: string;
}

export async function listEndpoints(ports: ListPorts, account: Account, query: Query): Promise<Answer> {
  const asked = askedAccounts(account, query['account']);
  const limit = query['limit'] === undefined ? limits.webhookEndpointsMax : readLimit(query['limit']);
  const after = readCursor(asked, query['cursor']);
  const { found, next } = await readPage(ports, asked, { limit, after });
  const data = fittingRows(await Promise.all(found.map((endpoint) => showEndpoint(ports, account, endpoint))));
  const last = data.length < found.length ? found[data.length - 1] : undefined;
  const place = last ? { accountId: last.accountId, endpointId: last.id } : next;
  return { status: 200, body: { data, next_cursor: place ? writeCursor(asked, place) : null } };
}

interface Page {
  readonly found: readonly WebhookEndpoint[];
  /** Where the list goes on; undefined at its end. */
  readonly next: Place | undefined;
}

async function readPage(
  ports: ListPorts,
  asked: string | undefined,
  { limit, after }: { readonly limit: number; readonly after: Place | undefined },
): Promise<Page> {
  const { ids, hasMore } = await accountsOf(ports, asked, after);
  const found: WebhookEndpoint[] = [];
  for (const accountId of ids) {
    const from = accountId === after?.accountId ? after.endpointId : '';
    found.push(...(await ports.webhooks.listEndpoints(accountId)).filter(({ id }) => id > from));
    // One more than the page holds shows that the list goes on.
    if (found.length > limit) break;
  }
  const last = found[limit - 1];
  if (last && found.length > limit) {
    return { found: found.slice(0, limit), next: { accountId: last.accountId, endpointId: last.id } };
  }
  const lastAccount = hasMore ? ids.at(-1) : undefined;
  return { found, next: lastAccount === undefined ? undefined : { accountId: lastAccount, endpointId: '' } };
}

/** The one account, or those of this page: the one that the page before left in its midst, and the next ones. */
async function accountsOf({ accounts }: ListPorts, asked: string | undefined, after: Place | undefined) {
  if (asked !== undefined) return { ids: [asked], hasMore: false };
  const { ids, hasMore } = await accounts.listAccountIds(ACCOUNTS_A_PAGE, after?.accountId);
  const isWithin = after !== undefined && after.endpointId !== '';
  return { ids: isWithin ? [after.accountId, ...ids] : ids, hasMore };
}

/** The first letter is the version of the cursor's form; the list that it is of comes next. */
const FORM = 'n1';

function writeCursor(asked: string | undefined, { accountId, endpointId }: Place): string {
  return Buffer.from([FORM, asked ?? '*', accountId, endpointId].join(' ')).toString('base64url');
}

/** @throws HttpFailure 400 for anything that writeCursor did not make for this list. */
function readCursor(asked: string | undefined, cursor: string | undefined): Place | undefined {
  if (cursor === undefined) return undefined;
  const [form, list, accountId = '', endpointId = ''] = Buffer.from(cursor, 'base64url').toString().split(' ');
  const isOurs = form === FORM && list === (asked ?? '*') && accountIdPattern.test(accountId);
  if (isOurs && (asked ?? accountId) === accountId) return { accountId, endpointId };
  throw invalidParameter('cursor was not returned by this list');
}
