// GET /v1/spend: what an account spent, by day, model or code; for operators also by account. The answer says up to when
// it reaches. core/flows/read-spend.ts reads; here are the query and the form of the answer.
import { budgetDayOf } from '../../core/domain/money/account-money.ts';
import { limits } from '../../core/domain/limits.ts';
import { dayText, readSpend, shownSums } from '../../core/flows/read-spend.ts';
import { invalidParameter, ownFailure } from '../../core/http/http-failure.ts';
import { readMoment } from '../../core/http/read-query.ts';
import { DAY_MS } from '../../core/domain/time-ms.ts';
import { askedAccount } from './asked-account.ts';
import type { Account } from '../../core/domain/account.ts';
import type { SpendDays } from '../../core/ports/spend-store.ts';
import type { Answer } from '../../core/http/answer.ts';
import type { Query } from '../../core/http/read-query.ts';
import type { AccountListing, Clock } from '../../core/ports/ports.ts';
import type { SpendStore } from '../../core/ports/spend-store.ts';
import type { EventStore } from '../../core/ports/webhook-ports.ts';

interface SpendPorts {
  readonly spend: SpendStore;
  readonly webhooks: Pick<EventStore, 'readEvents'>;
  readonly accounts: AccountListing;
  readonly clock: Clock;
}

/** Time that one call gives to bringing roll-ups up to date. */
const ROLL_UP_MS = 4_000;

/** Each of them may have to be brought up to date. */
const ACCOUNTS_OF_A_PAGE = 25;

const groupings = ['day', 'model', 'code', 'account'] as const;
type Grouping = (typeof groupings)[number];

export async function getSpend(ports: SpendPorts, account: Account, query: Query): Promise<Answer> {
  const by = readGrouping(query['by']);
  const range = readRange(query, ports.clock.now());
  const frame = { by, from: dayText(range.fromDay), to: dayText(range.toDay) };
  const rows =
    by === 'account'
      ? await ofAccounts(ports, account, query, range)
      : await ofOne(ports, account, query, { ...range, by });
  return { status: 200, body: { ...frame, ...rows } };
}

async function ofOne(
  { spend, webhooks: events, clock }: SpendPorts,
  caller: Account,
  query: Query,
  asked: SpendDays & { readonly by: Exclude<Grouping, 'account'> },
): Promise<object> {
  if (query['cursor'] !== undefined) throw invalidParameter('cursor belongs to by=account');
  const accountId = askedAccount(caller, query['account']);
  const { rows, reachesAt } = await readSpend({ spend, events, clock }, accountId, asked, clock.now() + ROLL_UP_MS);
  const data = rows.map(([key, sums]) => ({ [asked.by]: key, ...shownSums(sums) }));
  return { data, next_cursor: null, reaches: new Date(reachesAt).toISOString() };
}

/** A page of accounts, which reaches as far as the account that is furthest behind. */
async function ofAccounts(
  { spend, webhooks: events, clock, accounts }: SpendPorts,
  caller: Account,
  query: Query,
  range: SpendDays,
): Promise<object> {
  if (!caller.isOperator) throw ownFailure('missingScope', 'the key needs the scope operate for other accounts');
  if (query['account'] !== undefined) throw invalidParameter('account does not go with by=account');
  const { ids, hasMore } = await accounts.listAccountIds(ACCOUNTS_OF_A_PAGE, query['cursor']);
  const stopAt = clock.now() + ROLL_UP_MS;
  let reachesAt = clock.now();
  const data: object[] = [];
  for (const account of ids) {
    const read = await readSpend({ spend, events, clock }, account, { ...range, by: 'day' }, stopAt);
    reachesAt = Math.min(reachesAt, read.reachesAt);
    data.push({ account, ...shownSums(read.total) });
  }
  return { data, next_cursor: hasMore ? (ids.at(-1) ?? null) : null, reaches: new Date(reachesAt).toISOString() };
}

function readGrouping(text: string | undefined): Grouping {
  const by = groupings.find((known) => known === (text ?? 'day'));
  if (by) return by;
  throw invalidParameter(`by must be one of ${groupings.join(', ')}`);
}

/** Whole UTC days: this month's unless given. */
function readRange(query: Query, now: number): SpendDays {
  const { from, to } = query;
  const toDay = budgetDayOf(to === undefined ? now : readMoment('to', to));
  const fromDay = from === undefined ? Math.floor(toDay / 100) * 100 + 1 : budgetDayOf(readMoment('from', from));
  if (fromDay > toDay) throw invalidParameter('from must not be after to');
  const days = (Date.parse(dayText(toDay)) - Date.parse(dayText(fromDay))) / DAY_MS + 1;
  if (days > limits.spendDaysMax) throw invalidParameter(`at most ${limits.spendDaysMax} days, these are ${days}`);
  return { fromDay, toDay };
}
