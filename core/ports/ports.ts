// What the flows need of the world, as small interfaces: each flow picks the ones it uses, an adapter (or a memory
// double in tests) fills them. Failure to reach the world is an exception; everything else is in the return type.
import type { Account, ApiKey } from '../domain/account.ts';
import type { TaskChange } from '../domain/task/derived-counts.ts';
import type { ReportedOutcome } from '../domain/task/event.ts';
import type { Gate } from '../domain/gate/gate.ts';
import type { Candidate } from '../domain/gate/fair-queue.ts';
import type { DamagedTask } from '../domain/task/damaged-task.ts';
import type { Failure, Task, TaskStatus } from '../domain/task/task.ts';
import type { QueueKey } from '../domain/task/slot.ts';
import type { DueKind } from '../contract/items.ts';
import type { OutgoingDoorbell } from '../contract/messages.ts';
import type { MetricLine } from '../contract/metrics.ts';

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
  /** Everything of the gate but its counters is set, if nobody else did so since `before` was read. Counters move by `after - before`. */
  readonly gate?: { readonly before: Gate; readonly after: Gate };
}

export type CommitResult =
  | { readonly kind: 'committed' }
  /** Somebody was faster: nothing was written. Names what has to be read again. */
  | { readonly kind: 'lost'; readonly taskIds: readonly string[]; readonly isGateLost: boolean }
  /** The account has no room for one more unfinished task, or no credit left. Nothing was written. */
  | { readonly kind: 'account-full' }
  | { readonly kind: 'balance-empty' };

export interface Idempotency {
  readonly key: string;
  /** SHA-256 of what was asked for, hex. */
  readonly digest: string;
  readonly expiresAt: number;
}

export interface Creation {
  readonly task: Task;
  /** The body to send to Get3W, as it came. */
  readonly input: string;
  readonly idempotency?: Idempotency | undefined;
}

/** An earlier request with the same idempotency key; whether it was the same request, its digest tells. */
export interface Repeat {
  readonly taskId: string;
  readonly digest: string;
}

export type CreationResult =
  /** `taskId`: the id under which it was made, where a call with the same key had left an id and died before its task. */
  | { readonly kind: 'created'; readonly taskId?: string }
  /** The idempotency key is known; whether it was for the same request, its digest tells. */
  | ({ readonly kind: 'repeated' } & Repeat)
  | { readonly kind: 'account-full' }
  | { readonly kind: 'balance-empty' };

export interface TaskQuery {
  readonly accountId: string;
  readonly limit: number;
  readonly status?: readonly TaskStatus[] | undefined;
  /** Task code of the result. */
  readonly code?: number | undefined;
  readonly model?: string | undefined;
  /** Opaque, from an earlier page. */
  readonly cursor?: string | undefined;
}

export interface TaskPage {
  /** Newest first. */
  readonly tasks: readonly Task[];
  /** Rows of this page that cannot be: they are shown, and never acted upon. */
  readonly damaged?: readonly DamagedTask[] | undefined;
  readonly cursor?: string | undefined;
}

export interface TaskStore {
  /**
   * Strongly consistent.
   * @throws DamagedTaskError, a RelayError `task-damaged`, for a row that cannot be.
   */
  loadTask(taskId: string): Promise<Task | undefined>;
  /** Strongly consistent; unknown and damaged ones are left out. At most 100 ids. */
  loadTasks(taskIds: readonly string[]): Promise<Task[]>;
  /** Strongly consistent; wherever it lies. */
  loadInput(taskId: string): Promise<string | undefined>;
  createTask(creation: Creation): Promise<CreationResult>;
  /** What an idempotency key was used for; undefined for one that is new or expired. Strongly consistent. */
  findRepeat(accountId: string, key: string): Promise<Repeat | undefined>;
  /** All or nothing. A write whose answer was lost is recognised as one's own when it is tried again. */
  commit(commit: Commit): Promise<CommitResult>;
}

export interface TaskListing {
  /**
   * The caller's own tasks, newest first, eventually consistent.
   * @throws RelayError `bad-cursor` for a cursor that listTasks did not give for this account.
   */
  listTasks(query: TaskQuery): Promise<TaskPage>;
  /** The cursor of a page that ends with this task, for who shows fewer than were found. */
  cursorAfter(accountId: string, taskId: string): string;
}

/** Rows of tasks that cannot be. Reading one sets it aside; sweep counts it, an operator closes it. */
export interface DamagedTaskStore {
  /** Undefined for a task that is sound or unknown. Strongly consistent. */
  loadDamaged(taskId: string): Promise<DamagedTask | undefined>;
  /** Takes the row out of its queue at the gate and makes it due at `until`, unless it has changed since it was read. */
  setAside(damaged: DamagedTask, until: number): Promise<void>;
}

/** A row that somebody must come back to. */
export interface DueRow {
  readonly kind: DueKind;
  readonly id: string;
  readonly dueAt: number;
}

export interface DueIndex {
  readonly shards: number;
  /** Rows due at or before `now`, earliest first, eventually consistent: a hint, the row itself decides. */
  overdue(shard: number, now: number, limit: number): Promise<readonly DueRow[]>;
}

export interface GateStore {
  /** Strongly consistent. A gate that does not exist yet is made from the settings, never overwritten by them. */
  loadGate(gateId: string): Promise<Gate>;
  /** Tickets at the head of one queue, in order; strongly consistent. */
  tickets(gateId: string, queue: QueueKey, limit: number): Promise<readonly Candidate[]>;
  gateIds(): Promise<readonly string[]>;
}

export interface AccountStore {
  findKey(digest: string): Promise<ApiKey | undefined>;
  loadAccount(accountId: string): Promise<Account | undefined>;
  /**
   * Adds to the time for which an account's requests a second are used up, beginning now where that is past.
   * @returns until when they are used up then.
   */
  useRequests(accountId: string, usedMs: number): Promise<number>;
}

/** What of an account can be changed; null takes a limit or the balance away, absent leaves it as it is. */
export interface AccountUpdate {
  readonly name?: string | undefined;
  readonly concurrentTasksMax?: number | null | undefined;
  readonly syncWaitsMax?: number | null | undefined;
  readonly requestsPerSecond?: number | null | undefined;
  readonly endpointsMax?: number | null | undefined;
  readonly weight?: number | undefined;
  readonly isOperator?: boolean | undefined;
  /** Sets the balance, whatever was taken meanwhile. */
  readonly balance?: number | null | undefined;
  /** Adds to the balance, beginning one at zero where there is none; not together with `balance`. */
  readonly credits?: number | undefined;
}

export type AccountRemoval = 'deleted' | 'unfinished-tasks' | 'unknown';

/** For the command line and the local runtime; the functions themselves never need it. */
export interface AccountAdmin {
  /** Makes an account; false when there is one of this id, which is left alone. */
  putAccount(account: Account): Promise<boolean>;
  /** The account as it is afterwards; undefined for an unknown one. */
  updateAccount(accountId: string, update: AccountUpdate): Promise<Account | undefined>;
  /**
   * Removes an account with its keys, endpoints and signing secrets; its finished tasks expire by themselves. While
   * tasks are unfinished nothing is removed, but for keys where a task came in meanwhile.
   */
  deleteAccount(accountId: string): Promise<AccountRemoval>;
  /** All of them, in the order of their ids. */
  listAccounts(): Promise<readonly Account[]>;
  /** Makes a key; false when its digest is taken. */
  putKey(key: ApiKey): Promise<boolean>;
  /** Revokes a key for good; revoked again, it keeps its first time. Undefined for an unknown one. */
  revokeKey(digest: string, now: number): Promise<ApiKey | undefined>;
  /** An account's keys, revoked ones too, oldest first. */
  listKeys(accountId: string): Promise<readonly ApiKey[]>;
}

export interface Doorbells {
  /**
   * Rings what it can and answers how many it could not. Never throws: a doorbell that is not heard is rung again by
   * sweep, because the row it is about has its `due`.
   */
  send(outgoing: readonly OutgoingDoorbell[]): Promise<{ readonly failed: number }>;
}

export interface SubmitRequest {
  readonly model: string;
  /** JSON text, sent on as it is. */
  readonly input: string;
  /** Undefined where Get3W cannot reach the relay. */
  readonly callbackUrl?: string | undefined;
  /** The relay's task id, sent as `X-Request-Id`. */
  readonly requestId: string;
}

export type SubmitAnswer =
  | {
      readonly kind: 'accepted';
      readonly upstreamId: string;
      readonly estimatedMs?: number | undefined;
      /** When the answer already tells the outcome. */
      readonly outcome?: ReportedOutcome | undefined;
    }
  | { readonly kind: 'refused'; readonly failure: Failure; readonly retryAfterMs?: number | undefined }
  | { readonly kind: 'doubted'; readonly failure: Failure };

export type PollAnswer =
  | { readonly kind: 'ended'; readonly outcome: ReportedOutcome }
  | { readonly kind: 'running' }
  /** The poll itself failed; it says nothing of the task. */
  | { readonly kind: 'unknown'; readonly failure: Failure };

/** Get3W. A failed call is an answer, not an exception. */
export interface Provider {
  submit(request: SubmitRequest): Promise<SubmitAnswer>;
  poll(upstreamId: string): Promise<PollAnswer>;
}

export interface MetricSink {
  emit(line: MetricLine): void;
}

/** One wide structured line. Never carries prompts, bodies, keys or callback addresses. */
export interface Log {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}
