// Accounts and keys in memory: the part of the memory store that tasks touch only through their deltas.
// domain/account.ts decides what a delta may do to an account.
import { isLive } from '../../../core/domain/api-key.ts';
import { limits } from '../../../core/domain/limits.ts';
import { accountMoneyAfter } from '../../../core/domain/money/account-money.ts';
import { marksAfter, marksNames } from '../../../core/domain/money/budget-threshold.ts';
import type { Crossing } from '../../../core/domain/money/budget-threshold.ts';
import type { AccountUpdate, OnceChanged, OnceKey } from '../../../core/ports/account-changes.ts';
import type { AccountAdmin, AccountRemoval, AccountStore } from '../../../core/ports/ports.ts';
import type { Account } from '../../../core/domain/account.ts';
import type { ApiKey } from '../../../core/domain/api-key.ts';
import type { AccountDelta } from '../../../core/domain/task/derived-counts.ts';

/** The limits, budgets and balance that an update names, put over those that are there; null takes one away. */
function withLimits<Fields extends Partial<Account>>(account: Fields, update: AccountUpdate): Fields {
  const { name: _name, weight: _weight, isOperator: _isOperator, addedMicros: _added, ...limits } = update;
  const named = Object.entries(limits).filter(([, max]) => max !== undefined);
  const merged = Object.entries({ ...account, ...Object.fromEntries(named) });
  return Object.fromEntries(merged.filter(([, value]) => value !== null)) as Fields;
}

/** The thresholds of what is set anew are reported anew. */
function withoutMarks(account: Account, update: AccountUpdate): Account {
  const { dayMarks, monthMarks, balanceMarks, balanceBaseMicros, ...rest } = account;
  const isBalanceSet = update.balanceMicros !== undefined || update.addedMicros !== undefined;
  const base = isBalanceSet ? account.balanceMicros : balanceBaseMicros;
  return {
    ...rest,
    ...(dayMarks !== undefined && update.dayBudgetMicros === undefined && { dayMarks }),
    ...(monthMarks !== undefined && update.monthBudgetMicros === undefined && { monthMarks }),
    ...(balanceMarks !== undefined && !isBalanceSet && { balanceMarks }),
    ...(base !== undefined && { balanceBaseMicros: base }),
  };
}

export class MemoryAccounts implements AccountStore, AccountAdmin {
  protected readonly clock: { now(): number };
  protected readonly accounts = new Map<string, Account>();
  /** Counts of accounts that were never made: DynamoDB's ADD creates an item too. */
  readonly #strayTasks = new Map<string, number>();
  readonly #keys = new Map<string, ApiKey>();
  readonly #onceKeys = new Map<string, OnceKey>();

  constructor(clock: { now(): number } = { now: () => 0 }) {
    this.clock = clock;
  }

  async findKey(digest: string): Promise<ApiKey | undefined> {
    return this.#keys.get(digest);
  }

  async loadAccount(accountId: string): Promise<Account | undefined> {
    return this.accounts.get(accountId);
  }

  async useRequests(accountId: string, usedMs: number): Promise<number> {
    const account = this.accounts.get(accountId);
    const now = this.clock.now();
    const requestsUsedUntil = Math.max(now, account?.requestsUsedUntil ?? 0) + usedMs;
    if (account) this.accounts.set(accountId, Object.freeze({ ...account, requestsUsedUntil }));
    return requestsUsedUntil;
  }

  async putAccount(account: Account): Promise<boolean> {
    if (this.accounts.has(account.id)) return false;
    const activeTasks = this.#strayTasks.get(account.id) ?? account.activeTasks;
    const { balanceMicros: base } = account;
    const based = { ...account, activeTasks, ...(base !== undefined && { balanceBaseMicros: base }) };
    this.accounts.set(account.id, Object.freeze(based));
    return true;
  }

  async updateAccount(accountId: string, update: AccountUpdate): Promise<Account | undefined> {
    if (update.balanceMicros !== undefined && update.addedMicros !== undefined) {
      throw new Error('a balance is set or added to, not both');
    }
    const account = this.accounts.get(accountId);
    if (!account) return undefined;
    const kept = withLimits(account, update);
    const { name = kept.name, weight = kept.weight, isOperator = kept.isOperator, addedMicros } = update;
    const changed: Account = {
      ...kept,
      name,
      weight,
      isOperator,
      ...(addedMicros !== undefined && { balanceMicros: (kept.balanceMicros ?? 0) + addedMicros }),
    };
    const restarted = withoutMarks(changed, update);
    this.accounts.set(accountId, Object.freeze(restarted));
    return restarted;
  }

  async updateAccountOnce(accountId: string, update: AccountUpdate, once: OnceKey): Promise<OnceChanged> {
    const name = `${accountId} ${once.key}`;
    const earlier = this.#onceKeys.get(name);
    if (earlier && earlier.expiresAt > this.clock.now()) return { kind: 'used', digest: earlier.digest };
    if (!this.accounts.has(accountId)) return { kind: 'unknown' };
    this.#onceKeys.set(name, once);
    const account = await this.updateAccount(accountId, update);
    return account ? { kind: 'changed', account } : { kind: 'unknown' };
  }

  async deleteAccount(accountId: string): Promise<AccountRemoval> {
    const account = this.accounts.get(accountId);
    if (account && account.activeTasks > 0) return 'unfinished-tasks';
    for (const { digest } of await this.listKeys(accountId)) this.#keys.delete(digest);
    this.accounts.delete(accountId);
    return account ? 'deleted' : 'unknown';
  }

  async listAccountIds(limit: number, after = ''): Promise<{ ids: readonly string[]; hasMore: boolean }> {
    const ids = [...this.accounts.keys()].sort().filter((id) => id > after);
    return { ids: ids.slice(0, limit), hasMore: ids.length > limit };
  }

  async listAccounts(): Promise<readonly Account[]> {
    return [...this.accounts.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  async putKey(key: ApiKey): Promise<boolean> {
    if (this.#keys.has(key.digest)) return false;
    this.#keys.set(key.digest, Object.freeze({ ...key }));
    return true;
  }

  async createKey(key: ApiKey): Promise<'created' | 'too-many'> {
    // Without a pause between reading and writing, as the version of the keys has it in the table.
    const kept = this.#keysOf(key.accountId);
    const dead = kept.filter((one) => !isLive(one, key.createdAt));
    if (kept.length - dead.length >= limits.liveKeysMax) return 'too-many';
    const removed = dead.slice(0, Math.max(0, kept.length + 1 - limits.keptKeysMax));
    for (const { digest } of removed) this.#keys.delete(digest);
    this.#keys.set(key.digest, Object.freeze({ ...key }));
    return 'created';
  }

  async noteKeyUse(digest: string, hourAt: number): Promise<void> {
    const key = this.#keys.get(digest);
    if (!key || (key.lastUsedAt ?? 0) >= hourAt) return;
    this.#keys.set(digest, Object.freeze({ ...key, lastUsedAt: hourAt }));
  }

  async revokeKey(digest: string, now: number): Promise<ApiKey | undefined> {
    const key = this.#keys.get(digest);
    if (!key) return undefined;
    const revoked = Object.freeze({ ...key, revokedAt: key.revokedAt ?? now });
    this.#keys.set(digest, revoked);
    return revoked;
  }

  async listKeys(accountId: string): Promise<readonly ApiKey[]> {
    return this.#keysOf(accountId);
  }

  #keysOf(accountId: string): readonly ApiKey[] {
    const own = [...this.#keys.values()].filter((key) => key.accountId === accountId);
    return own.sort((a, b) => a.createdAt - b.createdAt || (a.digest < b.digest ? -1 : 1));
  }

  /** Marks thresholds as reported. */
  protected markCrossings(accountId: string, crossings: readonly Crossing[]): void {
    const account = this.accounts.get(accountId);
    if (!account || crossings.length === 0) return;
    const marked: Record<string, number> = {};
    for (const crossing of crossings) {
      const name = marksNames[crossing.kind];
      marked[name] = marksAfter(marked[name] ?? account[name] ?? 0, [crossing]);
    }
    this.accounts.set(accountId, Object.freeze({ ...account, ...marked }));
  }

  protected addToAccount({ accountId, activeTasks, spent }: AccountDelta): void {
    const account = this.accounts.get(accountId);
    if (!account) {
      this.#strayTasks.set(accountId, (this.#strayTasks.get(accountId) ?? 0) + activeTasks);
      return;
    }
    const counted = { ...account, activeTasks: account.activeTasks + activeTasks };
    // A new day or month begins without the marks of the last.
    const { dayMarks: _day, monthMarks: _month, ...unmarked } = counted;
    this.accounts.set(accountId, Object.freeze({ ...unmarked, ...accountMoneyAfter(counted, spent) }));
  }
}
