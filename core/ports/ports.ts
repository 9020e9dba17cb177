// What the flows need of the world, as small interfaces: each flow picks the ones it uses; an adapter, or a memory
// double in tests, implements them. Failure to reach the world is an exception; all else is in the return type.
import type { Account, AccountRefusal } from '../domain/account.ts';
import type { ApiKey } from '../domain/api-key.ts';
import type { AccountMoney } from '../domain/money/account-money.ts';
import type { PriceTable } from '../domain/money/price-table.ts';
import type { TaskChange } from '../domain/task/derived-counts.ts';
import type { ReportedOutcome } from '../domain/task/event.ts';
import type { Gate } from '../domain/gate/gate.ts';
import type { ModelHealth } from '../domain/gate/circuit.ts';
import type { AccountQueues } from '../domain/gate/gate-view.ts';
import type { Turn } from '../domain/gate/fair-queue.ts';
import type { DamagedTask } from '../domain/task/damaged-task.ts';
import type { FailedTask } from '../domain/task/failure-groups.ts';
import type { Failure, Task, TaskStatus } from '../domain/task/task.ts';
import type { EventKey } from '../domain/webhook/outbox-event.ts';
import type { AccountChanges } from './account-changes.ts';
import type { ErasedTask } from './erasure-port.ts';
import type { PoolFill, PoolMove, SlotPool } from '../domain/gate/slot-pools.ts';
import type { DueKind } from '../contract/items.ts';
import type { OutgoingDoorbell } from '../contract/messages.ts';
import type { MetricLine } from '../contract/metrics.ts';
import type { TicketStore } from './ticket-store.ts';

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after at least this long. */
  sleep(delayMs: number): Promise<void>;
}

export interface RandomSource {
  /** Uniform in [0, 1). */
  random(): number;
  /** A UUIDv7, in the order of time. */
  id(): string;
  /** 160 bits or more, base64url: for callback addresses and keys. */
  secret(): string;
}

/** One atomic write: some tasks, what follows from them for accounts and gates, and perhaps a gate itself. */
export interface Commit {
  readonly changes: readonly TaskChange[];
  readonly gate?: GateChange;
  /** Slots that the changes take of a gate of which nothing else is set. */
  readonly claim?: SlotClaim;
  /** Slots that the changes take out of a pool, and nothing else of the gate. */
  readonly poolClaim?: PoolClaim;
  /** Counts new tickets beside the rows that rounds write: slots go from hand to hand. */
  readonly countsBeside?: boolean;
  /** Leaves behind the tickets that its tasks give up: the caller removes them afterwards, for half the price and out of the others' way. */
  readonly leavesTickets?: boolean;
  /** Gives up at the first collision with another writer, as `store-contended`; else it waits and sends again. */
  readonly isHasty?: boolean;
}

/** Sets everything of the gate but its counters, on condition that no other write did so since `before` was read. */
export interface GateChange {
  readonly before: Gate;
  readonly after: Gate;
  /** The next turns of the accounts that were served. */
  readonly turns?: readonly Turn[];
  /** The bound of the slots that its own row counts before the commit, where that takes some. */
  readonly ownSlotsMax?: number | undefined;
  /** Slots that come back out of pools into its own row; refused as a lost gate where fewer lie there. */
  readonly takenBack?: readonly PoolMove[];
  /** What a recount adds to its counters: the one change of them that no task's change explains. */
  readonly correction?: Readonly<Record<string, number>>;
}

/** Refused as a lost gate while it is paused, when its own row counts more slots than this, or its limit is lower by now. */
export interface SlotClaim {
  readonly gateId: string;
  readonly ownSlotsMax: number;
  /** The limit for which the bound was computed. */
  readonly limitSlots: number;
  /** Slots that it takes beside those of the changes, and puts into a pool. */
  readonly fill?: PoolFill;
}

/** Refused as a lost gate when fewer slots lie in the pool than the changes take. */
interface PoolClaim {
  readonly gateId: string;
  readonly pool: number;
}

export type CommitResult =
  | { readonly kind: 'committed' }
  /** Another writer was faster: nothing was written. Names what has to be read again. */
  | { readonly kind: 'lost'; readonly taskIds: readonly string[]; readonly isGateLost: boolean }
  /** The account has no room for one more unfinished task, or no money for it. Nothing was written. */
  | { readonly kind: AccountRefusal };

interface Idempotency {
  readonly key: string;
  /** SHA-256 of the request, hex. */
  readonly digest: string;
  readonly expiresAt: number;
}

export interface Creation {
  readonly task: Task;
  /** The body to send to Get3W, unchanged; the store does not keep it where the task names one in the bucket. */
  readonly input: string;
  readonly idempotency?: Idempotency | undefined;
  /** The task's account as it was read, so that one try is usually enough; what it has become decides. */
  readonly account?: AccountMoney | undefined;
}

/** An earlier request with the same idempotency key; its digest shows whether it was the same request. */
export interface Repeat {
  readonly taskId: string;
  readonly digest: string;
}

/** `events`: thresholds of budgets that were crossed with it, for their doorbells. */
export type CreationResult =
  /**
   * `taskId`: the id under which it was created, if a call with the same key left an id and died before it wrote its
   * task.
   */
  | { readonly kind: 'created'; readonly taskId?: string; readonly events?: readonly EventKey[] }
  /** The idempotency key is known; the digest shows whether it was for the same request. */
  | ({ readonly kind: 'repeated' } & Repeat)
  | { readonly kind: AccountRefusal; readonly events?: readonly EventKey[] };

/** Which tasks a list is about; those that it does not name do not matter. */
export interface TaskFilter {
  /** Undefined for the tasks of all accounts. */
  readonly accountId?: string | undefined;
  readonly status?: readonly TaskStatus[] | undefined;
  /** Task code of the result. */
  readonly code?: number | undefined;
  readonly model?: string | undefined;
  readonly modelPrefix?: string | undefined;
  /** Codes of which one was met on the way, however the task ended: keys of the error catalogue, or of its form. */
  readonly met?: readonly string[] | undefined;
  readonly correlationId?: string | undefined;
  /** Get3W's id of one of the attempts. */
  readonly upstreamId?: string | undefined;
  /** Made at this time or later; before this time. */
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  /** `newest` where it is absent. */
  readonly order?: 'newest' | 'oldest' | undefined;
}

export interface TaskQuery extends TaskFilter {
  readonly limit: number;
  /** Opaque, from an earlier page. */
  readonly cursor?: string | undefined;
}

export type FailedFilter = Pick<TaskFilter, 'accountId' | 'fromMs' | 'toMs'>;

export interface FailedTasks {
  readonly tasks: readonly FailedTask[];
  /** True when there may be more. */
  readonly isAtLeast: boolean;
}

export interface TaskCount {
  readonly tasks: number;
  /** True when there may be more: a count goes through ten thousand tasks at most. */
  readonly isAtLeast: boolean;
}

export interface TaskPage {
  /** In the order that was asked for. */
  readonly tasks: readonly Task[];
  /** Damaged rows of this page: they are shown, and never acted upon. */
  readonly damaged?: readonly DamagedTask[] | undefined;
  readonly cursor?: string | undefined;
}

export interface TaskStore {
  /**
   * Strongly consistent.
   * @throws DamagedTaskError, a RelayError `task-damaged`, for a damaged row.
   */
  loadTask(taskId: string): Promise<Task | undefined>;
  /** Strongly consistent; unknown and damaged tasks are left out. At most 100 ids. */
  loadTasks(taskIds: readonly string[]): Promise<Task[]>;
  /** Strongly consistent; undefined for one in the bucket, see core/flows/load-input.ts. */
  loadInput(taskId: string): Promise<string | undefined>;
  /** What is left of a task that was erased; undefined for every other. Strongly consistent. */
  loadErased(taskId: string): Promise<ErasedTask | undefined>;
  /** All or nothing. A write whose answer was lost recognises itself when it is tried again. */
  commit(commit: Commit): Promise<CommitResult>;
}

export interface TaskCreation {
  createTask(creation: Creation): Promise<CreationResult>;
  /** What an idempotency key was used for; undefined for a new or expired key. Strongly consistent. */
  findRepeat(accountId: string, key: string): Promise<Repeat | undefined>;
}

export interface TaskListing {
  /**
   * The tasks of an account, or of all accounts, eventually consistent.
   * @throws RelayError `bad-cursor` for a cursor that listTasks did not return for this account, or for all, in this order.
   */
  listTasks(query: TaskQuery): Promise<TaskPage>;
  /** The tasks that met a failure, newest first; from the index alone, ten thousand at most. Eventually consistent. */
  listFailed(filter: FailedFilter): Promise<FailedTasks>;
  /** How many there are, eventually consistent. */
  countTasks(filter: TaskFilter): Promise<TaskCount>;
  /** The cursor of a page that ends with this task, for callers that show fewer than were found. */
  cursorAfter(query: Pick<TaskQuery, 'accountId' | 'order'>, taskId: string): string;
}

/** Damaged rows of tasks. Reading one sets it aside; the sweep counts it, an operator ends it. */
export interface DamagedTaskStore {
  /** Undefined for a task that is sound or unknown. Strongly consistent. */
  loadDamaged(taskId: string): Promise<DamagedTask | undefined>;
  /**
   * Takes the row out of its queue at the gate and makes it due at `until`, unless it has changed since it was read.
   */
  setAside(damaged: DamagedTask, until: number): Promise<void>;
}

/** A row that a stage or the sweep must handle later. */
export interface DueRow {
  readonly kind: DueKind;
  readonly id: string;
  readonly dueAt: number;
}

export interface DuePage {
  readonly rows: readonly DueRow[];
  /** Absent for the last page. */
  readonly cursor?: string | undefined;
}

export interface DueIndex {
  readonly shards: number;
  /** Rows due at or before `now`, earliest first, eventually consistent: a hint, the row itself decides. */
  overdue(shard: number, now: number, limit: number): Promise<readonly DueRow[]>;
  /** All rows that are ever due, earliest first, page by page; eventually consistent. @param cursor of the page before. */
  listDue(shard: number, limit: number, cursor?: string): Promise<DuePage>;
}

/** Accounts that wait at a gate, or did so lately. */
export interface QueueListing {
  readonly queues: readonly AccountQueues[];
  readonly isWhole: boolean;
}

/** Models that have failed lately, by name. */
export interface ModelListing {
  readonly models: ReadonlyMap<string, ModelHealth>;
  readonly isWhole: boolean;
}

export interface GateStore extends TicketStore {
  /**
   * A missing gate is created from the settings; they never overwrite an existing one. Strongly consistent unless a gate
   * of a moment ago will do, which a process may remember for a second: every read of a gate is one of the 3,000 units a
   * second of its partition.
   */
  loadGate(gateId: string, freshness?: 'now' | 'a-moment-ago'): Promise<Gate>;
  /** The pools of a gate's free slots, of which loadGate knows nothing; strongly consistent. */
  loadPools(gateId: string): Promise<readonly SlotPool[]>;
  /**
   * What this process read of the gate last, however long ago; absent where no store remembers it. It only lets a function
   * choose what to read first: nothing about slots is decided by it.
   */
  recallGate?(gateId: string): Gate | undefined;
  /**
   * The queues of at most `accountsMax` accounts, strongly consistent. When there are more, those that follow a place
   * in their ring, so that all are read equally often.
   * @param from the place, uniform in [0, 1).
   */
  listQueues(gateId: string, accountsMax: number, from: number): Promise<QueueListing>;
  /** Undefined for an account without waiting tasks. Strongly consistent. */
  loadQueues(gateId: string, accountId: string): Promise<AccountQueues | undefined>;
  /**
   * Removes rows of accounts whose tasks no longer wait, unless they have been written since they were read, and from the
   * rows of others some names of idle queues, unless tasks wait in them again.
   */
  tidyQueues(gateId: string, queues: readonly AccountQueues[]): Promise<void>;
  /** Models with a row, strongly consistent. */
  listModels(gateId: string, modelsMax: number): Promise<ModelListing>;
  /** The health of these models, strongly consistent; healthy models are left out. At most 100. */
  loadModels(gateId: string, models: readonly string[]): Promise<ReadonlyMap<string, ModelHealth>>;
  /**
   * Saves what was learned of a model, or forgets it; `probesInFlight` stays as it is counted.
   * @returns false when another writer was faster than `before`.
   */
  saveModel(gateId: string, model: string, before: ModelHealth, after: ModelHealth | undefined): Promise<boolean>;
  gateIds(): Promise<readonly string[]>;
}

export interface AccountStore {
  findKey(digest: string): Promise<ApiKey | undefined>;
  loadAccount(accountId: string): Promise<Account | undefined>;
  /**
   * Adds to the time until which an account's requests per second are used up, starting now if that time has passed.
   * @returns the new time.
   */
  useRequests(accountId: string, usedMs: number): Promise<number>;
  /** Records that a key was used in the hour that begins at `hourAt`, unless that or a later hour is recorded. */
  noteKeyUse(digest: string, hourAt: number): Promise<void>;
}

export interface AccountListing {
  /** Ids of accounts in their order, behind an id that need not exist any more; consistent. */
  listAccountIds(
    limit: number,
    after?: string,
  ): Promise<{ readonly ids: readonly string[]; readonly hasMore: boolean }>;
}

/** The keys of an account, for their owner and for the command line. */
export interface KeyStore {
  /**
   * Makes a key, and removes the oldest of those that are no longer good where too many are kept.
   * `too-many`: the account has as many good ones as it may have.
   */
  createKey(key: ApiKey): Promise<'created' | 'too-many'>;
  /** Revokes a key for good; revoked again, it keeps its first time. Undefined for an unknown key. */
  revokeKey(digest: string, now: number): Promise<ApiKey | undefined>;
  /** An account's keys, those that are no longer good too, oldest first. */
  listKeys(accountId: string): Promise<readonly ApiKey[]>;
}

export type AccountRemoval = 'deleted' | 'unfinished-tasks' | 'unknown';

/** For the command line and the local runtime; the functions themselves need only the keys. */
export interface AccountAdmin extends KeyStore, AccountListing, AccountChanges {
  /** Creates an account; false if one with this id exists, which is left unchanged. */
  putAccount(account: Account): Promise<boolean>;
  /**
   * Removes an account with its keys, endpoints and signing secrets; its ended tasks expire later. While tasks are
   * unfinished, nothing is removed, except keys if a task arrived meanwhile.
   */
  deleteAccount(accountId: string): Promise<AccountRemoval>;
  /** All of them, in the order of their ids. */
  listAccounts(): Promise<readonly Account[]>;
  /** Puts a key in whatever others there are; false when its digest is taken. */
  putKey(key: ApiKey): Promise<boolean>;
}

export interface Doorbells {
  /**
   * Sends the doorbells and returns how many could not be sent. Never throws: the sweep sends a lost doorbell again,
   * because the row it is about has its `due`.
   */
  send(outgoing: readonly OutgoingDoorbell[]): Promise<{ readonly failed: number }>;
}

export interface SubmitRequest {
  readonly model: string;
  /** JSON text, sent unchanged. */
  readonly input: string;
  /** Undefined if Get3W cannot reach the relay. */
  readonly callbackUrl?: string | undefined;
  /** The relay's task id, sent as `X-Request-Id`. */
  readonly requestId: string;
}

export type SubmitAnswer =
  | {
      readonly kind: 'accepted';
      readonly upstreamId: string;
      readonly estimatedMs?: number | undefined;
      /** Set when the answer already contains the outcome. */
      readonly outcome?: ReportedOutcome | undefined;
    }
  | { readonly kind: 'refused'; readonly failure: Failure; readonly retryAfterMs?: number | undefined }
  | { readonly kind: 'doubted'; readonly failure: Failure };

export type PollAnswer =
  | { readonly kind: 'ended'; readonly outcome: ReportedOutcome }
  | { readonly kind: 'running' }
  /** The poll itself failed; it shows nothing about the task. */
  | { readonly kind: 'unknown'; readonly failure: Failure };

/** Get3W. A failed call is an answer, not an exception. */
export interface Provider {
  submit(request: SubmitRequest): Promise<SubmitAnswer>;
  poll(upstreamId: string): Promise<PollAnswer>;
}

/** What tasks cost, as this deployment's user has set it. */
export interface Prices {
  table(): PriceTable;
}

export interface MetricSink {
  emit(line: MetricLine): void;
}

/** One wide structured line. It never contains prompts, bodies, keys or callback addresses. */
export interface Log {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}
