// The store's ports in memory, with the semantics of the DynamoDB adapter: the conformance suite checks both.
// Every method changes state before its first await, so that a simulator can step between calls and never within one.
// Values are frozen and returned as they are: domain objects are never changed, only replaced.
import { DUE_SHARDS, dueShardName, dueShardOf } from '../../../core/contract/items.ts';
import { writeCursor } from '../../../core/adapters/dynamodb/task-query.ts';
import { memoryListing } from './memory-listing.ts';
import { accountRefusal } from '../../../core/domain/account.ts';
import { accountDeltas, gateDelta } from '../../../core/domain/task/derived-counts.ts';
import { newKeepJob } from '../../../core/domain/media/keep-job.ts';
import { accountMoneyAfter } from '../../../core/domain/money/account-money.ts';
import { crossingOfRefusal, crossingsOf, thresholdEvent } from '../../../core/domain/money/budget-threshold.ts';
import { endEvent } from '../../../core/domain/webhook/outbox-event.ts';
import { DamagedTaskError } from '../../../core/domain/task/damaged-task.ts';
import { brokenInvariants } from '../../../core/domain/task/task-invariants.ts';
import { isOpenEnd, nextVisit } from '../../../core/domain/task/open-ends.ts';
import { checkSize } from './commit-size.ts';
import { deepFreeze } from './deep-freeze.ts';
import { MemoryGates } from './memory-gates.ts';
import { MemoryMutes } from './memory-mutes.ts';
import { MemoryKeep } from './memory-keep.ts';
import { MemorySpend } from './memory-spend.ts';
import { MemoryTickets } from './memory-tickets.ts';
import { SortedRows } from './sorted-rows.ts';
import type {
  Commit,
  CommitResult,
  Creation,
  CreationResult,
  DamagedTaskStore,
  Repeat,
  DueIndex,
  DuePage,
  DueRow,
  GateStore,
  ModelListing,
  QueueListing,
  TaskListing,
  TaskPage,
  FailedFilter,
  FailedTasks,
  TaskCount,
  TaskFilter,
  TaskQuery,
  TaskStore,
} from '../../../core/ports/ports.ts';
import type { KeepJob } from '../../../core/domain/media/keep-job.ts';
import type { KeepStore } from '../../../core/ports/keep-store.ts';
import type { LoggedEvent } from '../../../core/domain/webhook/outbox-event.ts';
import type { ErasedTask, ErasureStore, TaskContents } from '../../../core/ports/erasure-port.ts';
import type { AccountRefusal } from '../../../core/domain/account.ts';
import type { SpentByDay } from '../../../core/domain/money/account-money.ts';
import type { Crossing } from '../../../core/domain/money/budget-threshold.ts';
import type { EventKey } from '../../../core/domain/webhook/outbox-event.ts';
import type { SpendPart } from '../../../core/domain/money/spend.ts';
import type { NewestSpend, SpendDays, SpendMove, SpendStore } from '../../../core/ports/spend-store.ts';
import type { EventPlace } from '../../../core/ports/webhook-ports.ts';
import type { TaskChange } from '../../../core/domain/task/derived-counts.ts';
import type { ModelHealth } from '../../../core/domain/gate/circuit.ts';
import type { Counted } from './memory-gates.ts';
import type { SlotPool } from '../../../core/domain/gate/slot-pools.ts';
import type { Gate } from '../../../core/domain/gate/gate.ts';
import type { AccountQueues, GateView } from '../../../core/domain/gate/gate-view.ts';
import type { GateSettings } from '../../../core/domain/gate/gate-settings.ts';
import type { DamagedTask } from '../../../core/domain/task/damaged-task.ts';
import type { Task } from '../../../core/domain/task/task.ts';

interface MemoryStoreOptions {
  readonly clock: { now(): number };
  readonly settings: GateSettings;
}

export class MemoryStore
  extends MemoryMutes
  implements ErasureStore, KeepStore, TaskStore, TaskListing, DamagedTaskStore, DueIndex, GateStore, SpendStore
{
  readonly shards = DUE_SHARDS;
  readonly #options: MemoryStoreOptions;
  readonly #tasks = new Map<string, Task>();
  readonly #inputs = new Map<string, string>();
  readonly #idempotency = new Map<string, { taskId: string; digest: string; expiresAt: number }>();
  readonly #due = new Map<string, Map<string, number>>();
  readonly #byAccount = new Map<string, SortedRows<string>>();
  readonly #tickets = new MemoryTickets();
  readonly #spend = new MemorySpend();
  readonly #keep = new MemoryKeep();
  readonly #gates: MemoryGates;
  readonly #erased = new Map<string, ErasedTask>();
  /** Damaged rows that were set aside. */
  readonly #aside = new Set<string>();

  constructor(options: MemoryStoreOptions) {
    super(options.clock);
    this.#options = options;
    this.#gates = new MemoryGates(options);
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
    this.#tickets.move(stored, rest);
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

  async loadErased(taskId: string): Promise<ErasedTask | undefined> {
    return this.#erased.get(taskId);
  }

  async markErased(task: Task, contents: TaskContents, erasedAt: number): Promise<boolean> {
    if (this.#tasks.get(task.id)?.version !== task.version) return false;
    this.#tasks.delete(task.id);
    this.#byAccount.get(task.accountId)?.delete(task.id);
    this.#erased.set(task.id, { accountId: task.accountId, erasedAt, contents });
    return true;
  }

  async removeContents(taskId: string, contents: TaskContents): Promise<void> {
    this.#inputs.delete(taskId);
    this.removeWebhooks(taskId, contents);
    this.#keep.erase(taskId, this.#options.clock.now());
    const { contents: _done, ...mark } = this.#erased.get(taskId) ?? { accountId: '', erasedAt: 0 };
    this.#erased.set(taskId, mark);
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
    if (this.#tasks.has(task.id) || this.#erased.has(task.id)) throw new Error(`task ${task.id} was created twice`);
    const refusal = this.#refusal([{ after: task }]);
    if (refusal) return { kind: refusal, ...withEvents(this.#reportRefusal(task, refusal)) };
    const events = this.#apply({ after: task });
    if (task.inputId === undefined) this.#inputs.set(task.id, input);
    if (idempotency && recordId !== undefined) {
      const { digest, expiresAt } = idempotency;
      this.#idempotency.set(recordId, { taskId: task.id, digest, expiresAt });
    }
    return { kind: 'created', ...withEvents(events) };
  }

  #reportRefusal({ accountId, createdAt: at, id, money }: Task, refusal: AccountRefusal): readonly EventKey[] {
    if (refusal === 'account-full') return [];
    const spent = { [money?.day ?? 0]: 0 };
    const crossing = crossingOfRefusal(accountMoneyAfter(this.accounts.get(accountId) ?? {}, spent), refusal);
    if (crossing) this.addToAccount({ accountId, activeTasks: 0, spent, isReserve: false });
    return crossing ? this.#report({ accountId, at, id: `${id}_0` }, [crossing]) : [];
  }

  #report(occasion: Parameters<typeof thresholdEvent>[0], crossings: readonly Crossing[]): readonly EventKey[] {
    this.markCrossings(occasion.accountId, crossings);
    return crossings.map((crossing) => this.logEvent(thresholdEvent(occasion, crossing)));
  }

  async findRepeat(accountId: string, key: string): Promise<Repeat | undefined> {
    const earlier = this.#idempotency.get(`${accountId}#${key}`);
    if (!earlier || earlier.expiresAt <= this.#options.clock.now()) return undefined;
    return { taskId: earlier.taskId, digest: earlier.digest };
  }

  async commit(commit: Commit): Promise<CommitResult> {
    checkSize(commit);
    const { changes, gate, claim, poolClaim, leavesTickets } = commit;
    if (changes.length === 0 && !gate) return { kind: 'committed' };
    const taskIds = changes.filter((change) => this.#isLost(change)).map(({ after }) => after.id);
    const isGateLost = this.#gates.refuses(commit);
    if (taskIds.length > 0 || isGateLost) return { kind: 'lost', taskIds, isGateLost };
    const refusal = this.#refusal(changes);
    if (refusal) return { kind: refusal };
    for (const change of changes)
      this.#apply(change, { isBeside: !gate && !claim && !poolClaim, pool: poolClaim?.pool }, leavesTickets);
    this.#gates.set(commit);
    return { kind: 'committed' };
  }

  async loadKeepJob(taskId: string): Promise<KeepJob | undefined> {
    return this.#keep.load(taskId);
  }

  async loadKeepJobs(taskIds: readonly string[]): Promise<readonly KeepJob[]> {
    return taskIds.flatMap((taskId) => this.#keep.load(taskId) ?? []);
  }

  async saveKeepJob(job: KeepJob, written?: LoggedEvent): Promise<KeepJob | undefined> {
    const saved = this.#keep.save(job);
    if (saved && written) this.logEvent(written.event, written.position);
    return saved;
  }

  async removeKeepJob(taskId: string): Promise<void> {
    this.#keep.remove(taskId);
  }

  override async postpone(
    row: DueRow,
    untilOf: (times: number) => number,
  ): Promise<{ readonly by: 'doorbell' | 'sweep' } | undefined> {
    return row.kind === 'keep' ? this.#keep.postpone(row, untilOf) : super.postpone(row, untilOf);
  }

  async loadSpendPlace(accountId: string): Promise<EventPlace | undefined> {
    return this.#spend.place(accountId);
  }

  async addSpend(move: SpendMove): Promise<boolean> {
    return this.#spend.move(move);
  }

  async listSpend(accountId: string, fromDay: number, toDay: number): Promise<readonly SpendPart[]> {
    return this.#spend.list(accountId, fromDay, toDay);
  }

  async newestSpend(accountId: string, days: SpendDays, rowsMax: number): Promise<NewestSpend> {
    return this.#spend.newest(accountId, days, rowsMax);
  }

  /** One process with the whole account before it has no need of leases. */
  async leased(): Promise<SpentByDay> {
    return {};
  }

  async returnLease(): Promise<boolean> {
    return false;
  }

  async listTasks(query: TaskQuery): Promise<TaskPage> {
    const { ids, cursor } = this.#listing.page(query);
    const { tasks, damaged } = this.#sortOut(ids);
    return { tasks, ...(damaged.length > 0 && { damaged }), ...(cursor !== undefined && { cursor }) };
  }

  async countTasks(filter: TaskFilter): Promise<TaskCount> {
    return this.#listing.count(filter);
  }

  async listFailed(filter: FailedFilter): Promise<FailedTasks> {
    return this.#listing.failed(filter);
  }

  get #listing() {
    const backwards = (accountId: string, from?: string) => this.#byAccount.get(accountId)?.backwards(from) ?? [];
    return memoryListing({ byId: this.#tasks, backwards });
  }

  cursorAfter(query: Pick<TaskQuery, 'accountId' | 'order'>, taskId: string): string {
    return writeCursor(query, taskId);
  }

  async overdue(shard: number, now: number, limit: number): Promise<readonly DueRow[]> {
    const rows: DueRow[] = [...this.dueWebhooks(shard, now), ...this.#keep.due(shard, now)];
    for (const [id, dueAt] of this.#due.get(dueShardName(shard)) ?? []) {
      if (dueAt <= now) rows.push({ kind: 'task', id, dueAt });
    }
    return rows.sort((a, b) => a.dueAt - b.dueAt).slice(0, limit);
  }

  async listDue(shard: number, limit: number, cursor?: string): Promise<DuePage> {
    const from = cursor === undefined ? 0 : Number(cursor);
    const all = await this.overdue(shard, Infinity, Infinity);
    const rows = all.slice(from, from + limit);
    return { rows, cursor: from + limit < all.length ? String(from + limit) : undefined };
  }

  loadGate = (gateId: string): Promise<Gate> => this.#gates.loadGate(gateId);

  loadPools = (gateId: string): Promise<readonly SlotPool[]> => this.#gates.loadPools(gateId);

  listQueues = (gateId: string, accountsMax: number, from: number): Promise<QueueListing> =>
    this.#gates.listQueues(gateId, accountsMax, from);

  loadQueues = (gateId: string, accountId: string): Promise<AccountQueues | undefined> =>
    this.#gates.loadQueues(gateId, accountId);

  tidyQueues(gateId: string, queues: readonly AccountQueues[]): Promise<void> {
    return this.#gates.tidyQueues(gateId, queues);
  }

  listModels(gateId: string, modelsMax: number): Promise<ModelListing> {
    return this.#gates.listModels(gateId, modelsMax);
  }

  loadModels(gateId: string, models: readonly string[]): Promise<ReadonlyMap<string, ModelHealth>> {
    return this.#gates.loadModels(gateId, models);
  }

  saveModel(gateId: string, model: string, before: ModelHealth, after: ModelHealth | undefined): Promise<boolean> {
    return this.#gates.saveModel(gateId, model, before, after);
  }

  gateIds = (): Promise<readonly string[]> => this.#gates.gateIds();

  /** The whole current gate, for auditors and tests; no port has this. */
  viewGate(gateId: string): Promise<GateView> {
    return this.#gates.view(gateId);
  }

  readonly tickets = this.#tickets.tickets;
  readonly removeTickets = this.#tickets.removeTickets;

  /** Every task, for auditors and tests; no port has this. */
  allTasks(): readonly Task[] {
    return [...this.#tasks.values()];
  }

  #isLost({ before, after }: TaskChange): boolean {
    return this.#tasks.get(after.id)?.version !== before?.version;
  }

  #refusal(changes: readonly TaskChange[]): ReturnType<typeof accountRefusal> {
    for (const delta of accountDeltas(changes)) {
      const refusal = accountRefusal(this.accounts.get(delta.accountId) ?? {}, delta);
      if (refusal) return refusal;
    }
    return undefined;
  }

  /** @param counted whether slots that come free are counted beside the gate's own row, as in the table, or taken from a pool. */
  #apply(change: TaskChange, counted: Counted = { isBeside: true }, leavesTickets = false): readonly EventKey[] {
    const { before, after } = change;
    this.#tasks.set(after.id, deepFreeze(after));
    if (!before) this.#rowsOf(this.#byAccount, after.accountId).set(after.id, after.id);
    this.#setDue(after);
    this.#tickets.move(before, after, leavesTickets);
    const event = endEvent(change);
    if (event) this.logEnd(event, isOpenEnd(after, after.ends));
    const job = newKeepJob(change);
    if (job) this.#keep.put(job);
    const [ofAccount] = accountDeltas([change]);
    if (ofAccount) this.addToAccount(ofAccount);
    this.#spend.correct(change);
    const ofGate = gateDelta(change);
    if (ofGate) this.#gates.count(ofGate, counted);
    if (!ofAccount?.isReserve) return [];
    const { accountId, id, updatedAt: at, version } = after;
    return this.#report({ accountId, at, id: `${id}_${version}` }, crossingsOf(this.accounts.get(accountId) ?? {}));
  }

  #setDue(task: Task): void {
    const shard = dueShardOf(task.id);
    const rows = this.#due.get(shard) ?? new Map<string, number>();
    this.#due.set(shard, rows);
    const visit = nextVisit(task);
    if (visit) rows.set(task.id, task.sweepAt ?? visit.at);
    else rows.delete(task.id);
  }

  #rowsOf<Row>(rows: Map<string, SortedRows<Row>>, key: string): SortedRows<Row> {
    const known = rows.get(key) ?? new SortedRows<Row>();
    rows.set(key, known);
    return known;
  }
}

function withEvents(events: readonly EventKey[]): { readonly events?: readonly EventKey[] } {
  return events.length === 0 ? {} : { events };
}
