// The store's ports in memory, with the semantics of the DynamoDB adapter: the conformance suite holds both to them.
// Every method changes state before its first await, so that a simulator can step between calls and never within one.
// Values are frozen and handed out as they are: domain objects are never changed, only replaced.
import { DUE_SHARDS, dueShardName, dueShardOf, ticketOrder } from '../../../core/contract/items.ts';
import { matchesQuery, readCursor, writeCursor } from '../../../core/adapters/dynamodb/task-query.ts';
import { accountRefusal } from '../../../core/domain/account.ts';
import { accountDelta, gateDelta } from '../../../core/domain/task/derived-counts.ts';
import { endEvent } from '../../../core/domain/webhook/outbox-event.ts';
import { DamagedTaskError } from '../../../core/domain/task/damaged-task.ts';
import { brokenInvariants } from '../../../core/domain/task/task-invariants.ts';
import { newGate } from '../../../core/domain/gate/gate.ts';
import { queueKeyOf, isFinal } from '../../../core/domain/task/task.ts';
import { formatQueueKey } from '../../../core/domain/task/slot.ts';
import { deepFreeze } from './deep-freeze.ts';
import { MemoryWebhooks } from './memory-webhooks.ts';
import { SortedRows } from './sorted-rows.ts';
import type {
  Commit,
  CommitResult,
  Creation,
  CreationResult,
  DamagedTaskStore,
  Repeat,
  DueIndex,
  DueRow,
  GateStore,
  TaskListing,
  TaskPage,
  TaskQuery,
  TaskStore,
} from '../../../core/ports/ports.ts';
import type { AccountDelta, TaskChange } from '../../../core/domain/task/derived-counts.ts';
import type { Gate } from '../../../core/domain/gate/gate.ts';
import type { GateSettings } from '../../../core/domain/gate/gate-settings.ts';
import type { DamagedTask } from '../../../core/domain/task/damaged-task.ts';
import type { Task } from '../../../core/domain/task/task.ts';
import type { QueueKey } from '../../../core/domain/task/slot.ts';
import type { Candidate } from '../../../core/domain/gate/fair-queue.ts';

export interface MemoryStoreOptions {
  readonly clock: { now(): number };
  readonly settings: GateSettings;
}

interface GateEntry {
  gate: Gate | undefined;
  /** Changed in place; the gate with its counters is put together when somebody reads it. */
  readonly counters: Map<string, number>;
  snapshot: Gate | undefined;
}

/** The bound of a DynamoDB transaction holds here too, or a flow that oversteps it would fail in production only. */
const WRITES_MAX = 100;

export class MemoryStore
  extends MemoryWebhooks
  implements TaskStore, TaskListing, DamagedTaskStore, DueIndex, GateStore
{
  readonly shards = DUE_SHARDS;
  readonly #options: MemoryStoreOptions;
  readonly #tasks = new Map<string, Task>();
  readonly #inputs = new Map<string, string>();
  readonly #idempotency = new Map<string, { taskId: string; digest: string; expiresAt: number }>();
  readonly #due = new Map<string, Map<string, number>>();
  readonly #byAccount = new Map<string, SortedRows<string>>();
  readonly #tickets = new Map<string, SortedRows<Candidate>>();
  readonly #gates = new Map<string, GateEntry>();
  /** Damaged rows that were set aside. */
  readonly #aside = new Set<string>();

  constructor(options: MemoryStoreOptions) {
    super(options.clock);
    this.#options = options;
  }

  async loadTask(taskId: string): Promise<Task | undefined> {
    const { tasks, damaged } = this.#sortOut([taskId]);
    const [broken] = damaged;
    if (broken) throw new DamagedTaskError(broken);
    return tasks[0];
  }

  async loadTasks(taskIds: readonly string[]): Promise<Task[]> {
    return this.#sortOut([...new Set(taskIds)]).tasks;
  }

  async loadDamaged(taskId: string): Promise<DamagedTask | undefined> {
    return this.#damagedTask(this.#tasks.get(taskId));
  }

  async setAside({ id, version, stored }: DamagedTask, until: number): Promise<void> {
    if (this.#tasks.get(id)?.version !== version) return;
    this.#aside.add(id);
    this.#setDue({ ...stored, due: { at: until, by: 'sweep' } });
    const { ticket: _gone, ...rest } = stored;
    this.#setTicket(stored, rest);
  }

  /** Writes a row as no decision would, for tests of what cannot be. */
  damage(taskId: string, fields: Partial<Task>): void {
    const task = this.#tasks.get(taskId);
    if (task) this.#tasks.set(taskId, deepFreeze({ ...task, ...fields }));
  }

  #sortOut(taskIds: readonly string[]): { readonly tasks: Task[]; readonly damaged: readonly DamagedTask[] } {
    const found = taskIds.flatMap((id) => this.#tasks.get(id) ?? []);
    const damaged = found.flatMap((task) => this.#damagedTask(task) ?? []);
    const news = damaged.filter(({ id }) => !this.#aside.has(id));
    for (const one of news) void this.setAside(one, this.#options.clock.now());
    const ids = new Set(damaged.map(({ id }) => id));
    return { tasks: ids.size === 0 ? found : found.filter(({ id }) => !ids.has(id)), damaged };
  }

  #damagedTask(task: Task | undefined): DamagedTask | undefined {
    const broken = task ? brokenInvariants(task) : [];
    if (!task || broken.length === 0) return undefined;
    const { id, accountId, model, version } = task;
    return { id, accountId, model, version, broken, stored: task };
  }

  async loadInput(taskId: string): Promise<string | undefined> {
    return this.#inputs.get(taskId);
  }

  async createTask({ task, input, idempotency }: Creation): Promise<CreationResult> {
    const recordId = idempotency && `${task.accountId}#${idempotency.key}`;
    const earlier = recordId === undefined ? undefined : this.#idempotency.get(recordId);
    if (earlier && earlier.expiresAt > this.#options.clock.now()) {
      return { kind: 'repeated', taskId: earlier.taskId, digest: earlier.digest };
    }
    if (this.#tasks.has(task.id)) throw new Error(`task ${task.id} was created twice`);
    const refusal = this.#refusal([{ after: task }]);
    if (refusal) return { kind: refusal };
    this.#apply({ after: task });
    this.#inputs.set(task.id, input);
    if (idempotency && recordId !== undefined) {
      const { digest, expiresAt } = idempotency;
      this.#idempotency.set(recordId, { taskId: task.id, digest, expiresAt });
    }
    return { kind: 'created' };
  }

  async findRepeat(accountId: string, key: string): Promise<Repeat | undefined> {
    const earlier = this.#idempotency.get(`${accountId}#${key}`);
    if (!earlier || earlier.expiresAt <= this.#options.clock.now()) return undefined;
    return { taskId: earlier.taskId, digest: earlier.digest };
  }

  async commit({ changes, gate }: Commit): Promise<CommitResult> {
    checkSize({ changes, gate });
    const taskIds = changes.filter((change) => this.#isLost(change)).map(({ after }) => after.id);
    const isGateLost = gate !== undefined && this.#gates.get(gate.before.id)?.gate?.version !== gate.before.version;
    if (taskIds.length > 0 || isGateLost) return { kind: 'lost', taskIds, isGateLost };
    const refusal = this.#refusal(changes);
    if (refusal) return { kind: refusal };
    for (const change of changes) this.#apply(change);
    if (gate) this.#setGate(gate.before, gate.after);
    return { kind: 'committed' };
  }

  async listTasks(query: TaskQuery): Promise<TaskPage> {
    const from = readCursor(query.accountId, query.cursor);
    const tasks: Task[] = [];
    const pageOf = (): TaskPage => {
      const { tasks: sound, damaged } = this.#sortOut(tasks.map(({ id }) => id));
      return { tasks: sound, ...(damaged.length > 0 && { damaged }) };
    };
    for (const id of this.#byAccount.get(query.accountId)?.backwards(from) ?? []) {
      const task = this.#tasks.get(id);
      if (!task || !matchesQuery(task, query)) continue;
      if (tasks.length === query.limit) {
        return { ...pageOf(), cursor: writeCursor(query.accountId, tasks.at(-1)?.id ?? id) };
      }
      tasks.push(task);
    }
    return pageOf();
  }

  cursorAfter(accountId: string, taskId: string): string {
    return writeCursor(accountId, taskId);
  }

  async overdue(shard: number, now: number, limit: number): Promise<readonly DueRow[]> {
    const rows: DueRow[] = this.dueWebhooks(shard, now);
    for (const [id, dueAt] of this.#due.get(dueShardName(shard)) ?? []) {
      if (dueAt <= now) rows.push({ kind: 'task', id, dueAt });
    }
    return rows.sort((a, b) => a.dueAt - b.dueAt).slice(0, limit);
  }

  async loadGate(gateId: string): Promise<Gate> {
    const entry = this.#entry(gateId);
    entry.gate ??= newGate(gateId, this.#options.settings, this.#options.clock.now());
    entry.snapshot ??= deepFreeze({ ...entry.gate, counters: Object.fromEntries(entry.counters) });
    return entry.snapshot;
  }

  async tickets(gateId: string, queue: QueueKey, limit: number): Promise<readonly Candidate[]> {
    return this.#tickets.get(`${gateId}#${formatQueueKey(queue)}`)?.head(limit) ?? [];
  }

  async gateIds(): Promise<readonly string[]> {
    return [...this.#gates].flatMap(([id, { gate }]) => (gate ? [id] : [])).sort();
  }

  /** Every task, for auditors and tests; no port has this. */
  allTasks(): readonly Task[] {
    return [...this.#tasks.values()];
  }

  #isLost({ before, after }: TaskChange): boolean {
    return this.#tasks.get(after.id)?.version !== before?.version;
  }

  #refusal(changes: readonly TaskChange[]): ReturnType<typeof accountRefusal> {
    const merged = new Map<string, AccountDelta>();
    for (const change of changes) {
      const delta = accountDelta(change);
      if (!delta) continue;
      const { activeTasks = 0, balance = 0 } = merged.get(delta.accountId) ?? {};
      merged.set(delta.accountId, {
        accountId: delta.accountId,
        activeTasks: activeTasks + delta.activeTasks,
        balance: balance + delta.balance,
      });
    }
    for (const delta of merged.values()) {
      const refusal = accountRefusal(this.accounts.get(delta.accountId) ?? {}, delta);
      if (refusal) return refusal;
    }
    return undefined;
  }

  #apply(change: TaskChange): void {
    const { before, after } = change;
    this.#tasks.set(after.id, deepFreeze(after));
    if (!before) this.#rowsOf(this.#byAccount, after.accountId).set(after.id, after.id);
    this.#setDue(after);
    this.#setTicket(before, after);
    const event = endEvent(change);
    if (event) this.logEvent(event);
    const ofAccount = accountDelta(change);
    if (ofAccount) this.addToAccount(ofAccount);
    const ofGate = gateDelta(change);
    if (ofGate) this.#count(ofGate.gateId, ofGate.counters);
  }

  #setDue(task: Task): void {
    const shard = dueShardOf(task.id);
    const rows = this.#due.get(shard) ?? new Map<string, number>();
    this.#due.set(shard, rows);
    if (task.due) rows.set(task.id, task.sweepAt ?? task.due.at);
    else rows.delete(task.id);
  }

  #setTicket(before: Task | undefined, after: Task): void {
    const [old, fresh] = [before && queueKeyOf(before), queueKeyOf(after)];
    if (before?.ticket && old) {
      const key = `${ticketOrder(before.ticket.order)}#${before.id}`;
      this.#tickets.get(`${before.gateId}#${formatQueueKey(old)}`)?.delete(key);
    }
    if (!after.ticket || !fresh) return;
    const { order } = after.ticket;
    const candidate: Candidate = { ...fresh, taskId: after.id, order, weight: after.weight };
    const rows = this.#rowsOf(this.#tickets, `${after.gateId}#${formatQueueKey(fresh)}`);
    rows.set(`${ticketOrder(order)}#${after.id}`, Object.freeze(candidate));
  }

  #setGate(before: Gate, after: Gate): void {
    const names = new Set([...Object.keys(before.counters), ...Object.keys(after.counters)]);
    const moved: Record<string, number> = {};
    for (const name of names) moved[name] = (after.counters[name] ?? 0) - (before.counters[name] ?? 0);
    this.#count(before.id, moved);
    this.#entry(before.id).gate = { ...after, version: before.version + 1 };
  }

  #count(gateId: string, deltas: Readonly<Record<string, number>>): void {
    const entry = this.#entry(gateId);
    entry.snapshot = undefined;
    for (const [name, delta] of Object.entries(deltas)) {
      const sum = (entry.counters.get(name) ?? 0) + delta;
      if (sum === 0) entry.counters.delete(name);
      else entry.counters.set(name, sum);
    }
  }

  #entry(gateId: string): GateEntry {
    const known = this.#gates.get(gateId);
    if (known) return known;
    const entry: GateEntry = { gate: undefined, counters: new Map(), snapshot: undefined };
    this.#gates.set(gateId, entry);
    return entry;
  }

  #rowsOf<Row>(rows: Map<string, SortedRows<Row>>, key: string): SortedRows<Row> {
    const known = rows.get(key) ?? new SortedRows<Row>();
    rows.set(key, known);
    return known;
  }
}

/** @throws Error for a commit that one DynamoDB transaction could not hold. */
function checkSize({ changes, gate }: Commit): void {
  if (new Set(changes.map(({ after }) => after.id)).size !== changes.length) {
    throw new Error('a commit changes each task once');
  }
  // Few changes can't come near the bound; most commits are of one.
  if (changes.length < WRITES_MAX / 5) return;
  const [accounts, gates] = [new Set<string>(), new Set(gate ? [gate.before.id] : [])];
  let writes = changes.length;
  for (const change of changes) {
    const { before, after } = change;
    if (before?.ticket?.order !== after.ticket?.order || before?.ticket?.kind !== after.ticket?.kind) {
      writes += (before?.ticket ? 1 : 0) + (after.ticket ? 1 : 0);
    }
    if (before && isFinal(before.status) && !isFinal(after.status)) writes += 1;
    const [ofAccount, ofGate] = [accountDelta(change), gateDelta(change)];
    if (ofAccount) accounts.add(ofAccount.accountId);
    if (ofGate) gates.add(ofGate.gateId);
  }
  writes += accounts.size + gates.size;
  if (writes > WRITES_MAX) throw new Error(`a commit of ${changes.length} tasks needs ${writes} writes`);
}
