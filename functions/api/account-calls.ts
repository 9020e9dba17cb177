// The calls that show accounts: one with its limits and what it uses of them, and, for operators, the list of all.
// account-change-calls.ts has the calls that change one, key-calls.ts those about keys.
import { isLive } from '../../core/domain/api-key.ts';
import { limits } from '../../core/domain/limits.ts';
import { DEFAULT_GATE_ID } from '../../core/domain/gate/gate.ts';
import { waitingOf, tasksIn } from '../../core/domain/gate/gate-view.ts';
import { documentedFailure, invalidParameter } from '../../core/http/http-failure.ts';
import { publicAccount } from '../../core/http/public-account.ts';
import { unleasedAccount } from '../../core/flows/unleased-account.ts';
import { dayText, readUse, shownSums } from '../../core/flows/read-spend.ts';
import { askedAccount } from './asked-account.ts';
import { readLimit } from './task-filter.ts';
import type { Account } from '../../core/domain/account.ts';
import type { Caller } from '../../core/flows/authenticate.ts';
import type { AccountUse, ListedAccount, RecentUse } from '../../core/http/public-account.ts';
import type { Answer } from '../../core/http/answer.ts';
import type { Query } from '../../core/http/read-query.ts';
import type { AccountListing, AccountStore, KeyStore } from '../../core/ports/ports.ts';
import type { LeaseStore } from '../../core/ports/lease-store.ts';
import type { SpendStore } from '../../core/ports/spend-store.ts';
import type { WebhookApiPorts } from './webhook-ports.ts';

/** What showing an account in a list takes. */
export type ListedPorts = Pick<WebhookApiPorts, 'settings' | 'store' | 'clock'> & {
  readonly leases: Pick<LeaseStore, 'leased'>;
};

type ListPorts = ListedPorts & { readonly accounts: AccountStore & AccountListing };

type AccountPorts = WebhookApiPorts & {
  readonly accounts: AccountStore & KeyStore;
  readonly spend: SpendStore;
  readonly leases: Pick<LeaseStore, 'leased'>;
};

/** Time that one call gives to bringing roll-ups up to date: the answer says how far they reach. */
const ROLL_UP_MS = 1_000;
const MODELS_SHOWN_MAX = 100;
const NAME_CHARS_MAX = 200;

/** @throws HttpFailure 404 when an operator asks for an account that does not exist. */
export async function getAccount(ports: AccountPorts, caller: Caller, query: Query): Promise<Answer> {
  const asked = askedAccount(caller.account, query['account']);
  const account = await ports.accounts.loadAccount(asked);
  if (!account) throw documentedFailure(404);
  const [use, unleased] = await Promise.all([useOf(ports, account), unleasedAccount(ports.leases, account)]);
  return { status: 200, body: publicAccount(unleased, use, ports.settings, ports.clock.now()) };
}

/**
 * All accounts, in the order of their ids, which is that of their making; or those whose name contains a text. The table
 * has no index of names: a call looks at a hundred accounts at most, and its cursor goes on behind them.
 */
export async function listAccounts(ports: ListPorts, query: Query): Promise<Answer> {
  const { accounts } = ports;
  const limit = readLimit(query['limit']);
  const name = readName(query['name']);
  const looked = name === undefined ? limit : limits.pageSizeMax;
  const { ids, hasMore } = await accounts.listAccountIds(looked, readCursor(query['cursor']));
  const found = await Promise.all(ids.map((id) => accounts.loadAccount(id)));
  // One that is being deleted may still be in the list.
  const fitting = found.filter((account) => account !== undefined).filter(isNamed(name));
  const shown = fitting.slice(0, limit);
  const data = await Promise.all(shown.map((account) => listedAccount(ports, account)));
  const last = fitting.length > limit ? shown.at(-1)?.id : hasMore ? ids.at(-1) : undefined;
  return { status: 200, body: { data, next_cursor: last === undefined ? null : writeCursor(last) } };
}

function isNamed(text: string | undefined): (account: Account) => boolean {
  return ({ name }) => text === undefined || name.toLowerCase().includes(text.toLowerCase());
}

function readName(text: string | undefined): string | undefined {
  if (text === undefined || (text.trim() !== '' && text.length <= NAME_CHARS_MAX)) return text?.trim();
  throw invalidParameter(`name must be a part of a name, of 1 to ${NAME_CHARS_MAX} characters`);
}

/** With what changes from minute to minute: two or three reads, whatever the account has. */
export async function listedAccount(ports: ListedPorts, account: Account): Promise<ListedAccount> {
  const [queues, unleased] = await Promise.all([
    ports.store.loadQueues(DEFAULT_GATE_ID, account.id),
    unleasedAccount(ports.leases, account),
  ]);
  const use = { unfinished_tasks: unfinishedTasks(account), waiting_tasks: tasksIn(queues) };
  return publicAccount(unleased, use, ports.settings, ports.clock.now());
}

/** Counted for an account with a limit of its own alone. */
function unfinishedTasks({ activeTasks, concurrentTasksMax }: Account): number | null {
  return concurrentTasksMax === undefined ? null : activeTasks;
}

/** The first letter is the version of the cursor's form. */
const FORM = 'k1';

function writeCursor(accountId: string): string {
  return Buffer.from(`${FORM} ${accountId}`).toString('base64url');
}

/** @throws HttpFailure 400 for anything that writeCursor did not make. */
function readCursor(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  const [form, accountId = ''] = Buffer.from(cursor, 'base64url').toString('utf8').split(' ');
  if (form === FORM && /^acc_[\w-]{1,64}$/.test(accountId)) return accountId;
  throw invalidParameter('cursor was not returned by this list');
}

async function useOf(ports: AccountPorts, account: Account): Promise<AccountUse> {
  const { id } = account;
  const { store, webhooks, accounts, clock } = ports;
  const [queues, endpoints, keys, recent] = await Promise.all([
    store.loadQueues(DEFAULT_GATE_ID, id),
    webhooks.listEndpoints(id),
    accounts.listKeys(id),
    recentUse(ports, id),
  ]);
  const waiting = queues ? waitingOf(queues) : [];
  return {
    unfinished_tasks: unfinishedTasks(account),
    waiting_tasks: tasksIn(queues),
    waiting: waiting.map(({ model, kind, tasks }) => ({ model, kind, tasks })),
    endpoints: endpoints.length,
    keys: keys.filter((key) => isLive(key, clock.now())).length,
    recent,
  };
}

async function recentUse({ spend, webhooks: events, clock }: AccountPorts, accountId: string): Promise<RecentUse> {
  const use = await readUse({ spend, events, clock }, accountId, clock.now() + ROLL_UP_MS);
  return {
    from: dayText(use.fromDay),
    to: dayText(use.toDay),
    reaches: new Date(use.reachesAt).toISOString(),
    is_whole: use.isWhole,
    by_day: use.days.map(([day, sums]) => ({ day, ...shownSums(sums) })),
    by_model: use.models.slice(0, MODELS_SHOWN_MAX).map(([model, sums]) => ({ model, ...shownSums(sums) })),
    by_code: use.codes.map(([code, sums]) => ({ code, ...shownSums(sums) })),
  };
}
