// Plays the real handlers of all stages over the table model and its physics: locks, conflicts, units, partitions that
// have a bound. Nothing else goes wrong here. It measures how much gets done, how long it takes and what
// it costs; the seeded worlds prove that nothing is lost under faults.
import { makeDynamoStore } from '../../core/adapters/dynamodb/dynamo-store.ts';
import { readTask } from '../../core/adapters/dynamodb/task-item.ts';
import { sha256Hex } from '../../core/domain/sha256-hex.ts';
import { wellModel } from '../../core/domain/gate/circuit.ts';
import { DEFAULT_GATE_ID } from '../../core/domain/gate/gate.ts';
import { isFinal } from '../../core/domain/task/task.ts';
import { FixedRandomSource } from '../support/memory/fixed-random-source.ts';
import { TableMeter } from '../support/table/table-meter.ts';
import { TableModel } from '../support/table/table-model.ts';
import { Dice } from './dice.ts';
import { LoadBill } from './load-bill.ts';
import { LoadClients, keyOfAccount } from './load-clients.ts';
import { LoadFunctions } from './load-functions.ts';
import { LoadGet3w, STARTS_AT } from './load-get3w.ts';
import { VirtualTime } from './virtual-time.ts';
import type { PartitionUnits } from '../support/table/table-meter.ts';
import type { LoadPlan } from './load-plan.ts';

export interface LoadReport {
  /** Of the window that was measured, in seconds. */
  readonly windowSeconds: number;
  /** Submits that the API took in, and those that it answered with an error. */
  readonly taken: number;
  readonly refused: number;
  readonly posts: number;
  readonly ended: number;
  /** Share of the slots' time that they were in use. */
  readonly busyShare: number;
  readonly handOverMs: Percentiles;
  readonly recordedMs: Percentiles;
  /** From a submit to the beginning of its POST. */
  readonly submitToPostMs: Percentiles;
  readonly conflictsPerTask: number;
  /** Units of table and indexes. */
  readonly writeUnitsPerTask: number;
  readonly throttles: number;
  readonly callbacksFailed: number;
  readonly limited: number;
  readonly postedTwice: number;
  /** Share of the POSTs that were the first account's. */
  readonly firstAccountShare: number;
  /** The longest time in which no POST began, and when the last one did, since the world began. */
  readonly idleMs: number;
  readonly lastPostedMs: number;
  /** When the last end was recorded, since the world began. */
  readonly lastRecordedMs: number;
  /** Messages that were in the queues in the end, and those that were redelivered. */
  readonly messagesLeft: number;
  readonly messagesReturned: number;
  /** Partitions of table and indexes that were asked most, with their units of the whole window. */
  readonly busiest: readonly PartitionUnits[];
}

interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

const SWEEP_EVERY_MS = 60_000;
const PARTITIONS_SHOWN = 24;

export class LoadWorld {
  readonly plan: LoadPlan;
  readonly time = new VirtualTime(STARTS_AT, { isWhole: false });
  readonly dice: Dice;
  readonly meter = new TableMeter();
  readonly table: TableModel;
  readonly bill = new LoadBill();
  readonly get3w: LoadGet3w;
  readonly functions: LoadFunctions;
  readonly clients: LoadClients;
  callbacksFailed = 0;
  readonly recordedMs: number[] = [];
  #lastRecordedMs = 0;

  constructor(plan: LoadPlan) {
    const { time, bill } = this;
    this.plan = plan;
    this.dice = new Dice(plan.seed);
    const physics = new FixedRandomSource(plan.seed + 2, time);
    const random = (): number => physics.random();
    this.table = new TableModel({ time, random, meter: this.meter, lockMs: plan.lockMs, isTimed: true });
    const { dice, table } = this;
    this.get3w = new LoadGet3w({
      plan,
      time,
      dice,
      isMeasured: () => this.isMeasured,
      callWebhook: (url, body) => void this.#callBack(url, body),
    });
    const onRecorded = (taskId: string): void => this.#recorded(taskId);
    this.functions = new LoadFunctions({ plan, time, dice, table, bill, get3w: this.get3w, onRecorded });
    this.clients = new LoadClients({ plan, time, dice, functions: this.functions, isMeasured: () => this.isMeasured });
  }

  get elapsedMs(): number {
    return this.time.now() - STARTS_AT;
  }

  get isMeasured(): boolean {
    return this.elapsedMs >= this.plan.warmMs;
  }

  /** True when nothing is under way any more: no client, no message, no run, no task at Get3W. */
  get isAtRest(): boolean {
    const { functions, get3w, clients } = this;
    const pending = Object.values(functions.queues).reduce((sum, queue) => sum + queue.pending, 0);
    return clients.pending === 0 && pending === 0 && functions.running === 0 && get3w.pending === 0;
  }

  /** Plays until the plan's end, or until all is at rest where nothing comes by the minute. */
  async play(): Promise<LoadReport> {
    await this.#putAccounts();
    await this.functions.prepare();
    this.clients.begin();
    if (this.plan.sweeps) this.time.after(SWEEP_EVERY_MS, () => this.#sweepEveryMinute());
    this.time.after(this.plan.warmMs, () => {
      this.meter.clear();
      this.bill.clear();
    });
    while (this.elapsedMs < this.plan.endsAtMs && !(this.isAtRest && !this.plan.sweeps) && this.time.step()) {
      // What follows from one thing happens before the next: promises settle between macrotasks.
      await new Promise(setImmediate);
    }
    return this.#report();
  }

  /** Tasks that ended, however; read from the table. */
  get finishedTasks(): number {
    return this.table.rows
      .all()
      .map(readTask)
      .filter((read) => read?.kind === 'sound' && isFinal(read.task.status)).length;
  }

  #report(): LoadReport {
    const { plan, get3w, clients, functions, meter, recordedMs } = this;
    const windowMs = plan.endsAtMs - plan.warmMs;
    const queues = Object.values(functions.queues);
    return {
      windowSeconds: windowMs / 1_000,
      taken: clients.taken,
      refused: clients.refused,
      posts: get3w.posts,
      ended: recordedMs.length,
      busyShare: get3w.busySince(STARTS_AT + plan.warmMs) / (plan.slots * windowMs),
      handOverMs: percentiles(get3w.handOversMs),
      recordedMs: percentiles(recordedMs),
      submitToPostMs: percentiles(clients.submitToPostMs(get3w.postedAt)),
      conflictsPerTask: meter.sum('conflicts') / Math.max(1, recordedMs.length),
      writeUnitsPerTask: (meter.sum('writeUnits') + meter.sum('indexUnits')) / Math.max(1, recordedMs.length),
      throttles: meter.sum('throttles'),
      callbacksFailed: this.callbacksFailed,
      limited: get3w.limited,
      postedTwice: get3w.twice,
      ...this.#reportPosts(),
      lastRecordedMs: this.#lastRecordedMs,
      messagesLeft: queues.reduce((sum, { length }) => sum + length, 0),
      messagesReturned: queues.reduce((sum, { returned }) => sum + returned, 0),
      busiest: meter.busiest(PARTITIONS_SHOWN),
    };
  }

  #reportPosts(): Pick<LoadReport, 'firstAccountShare' | 'idleMs' | 'lastPostedMs'> {
    const { plan, get3w, clients } = this;
    const posted = [...get3w.postedAt].filter(([, at]) => at >= STARTS_AT + plan.warmMs);
    const times = Float64Array.from(posted, ([, at]) => at).sort();
    const until = STARTS_AT + Math.min(plan.endsAtMs, plan.submitsForMs);
    const gaps = [...times, until].map((at, index) => at - (times[index - 1] ?? at));
    return {
      firstAccountShare: posted.filter(([id]) => clients.ofFirst.has(id)).length / Math.max(1, posted.length),
      idleMs: gaps.reduce((longest, gap) => Math.max(longest, gap), 0),
      lastPostedMs: (times.at(-1) ?? STARTS_AT) - STARTS_AT,
    };
  }

  /** Made before time begins, as an operator would have days ago. */
  async #putAccounts(): Promise<void> {
    const { plan, time } = this;
    const untimed = new TableModel({
      time,
      random: Math.random,
      meter: new TableMeter(),
      lockMs: 0,
      isTimed: false,
    });
    const store = makeDynamoStore({
      client: untimed.client(() => 'before'),
      tableName: 'relay',
      clock: { now: () => STARTS_AT, sleep: () => Promise.resolve() },
      randomSource: new FixedRandomSource(plan.seed + 3, time),
      settings: plan.settings.gate,
    });
    const limits = plan.client.isMetered ? { balanceMicros: 1e12, dayBudgetMicros: 1e12 } : {};
    for (let account = 0; account < plan.accounts; account += 1) {
      const id = `acc_${String(account).padStart(6, '0')}`;
      const parts = { id, weight: 1, isOperator: false, activeTasks: 0, createdAt: STARTS_AT, ...limits };
      await store.putAccount({ ...parts, name: id });
      const key = keyOfAccount(account);
      // In use: a key costs one write unit in each hour in which it is used, whatever its account does.
      const dates = { createdAt: STARTS_AT, lastUsedAt: STARTS_AT };
      await store.putKey({ digest: sha256Hex(key), accountId: id, hint: key.slice(0, 8), ...dates });
    }
    for (let model = 0; model < (plan.failedModels ?? 0); model += 1) {
      const failed = { ...wellModel(STARTS_AT), outcomes: 3, failures: 2 };
      await store.saveModel(DEFAULT_GATE_ID, `acme/failed-${model}/text-to-image`, wellModel(STARTS_AT), failed);
    }
    for (const item of untimed.rows.all()) this.table.rows.set(item, item);
  }

  async #callBack(url: string, body: string): Promise<void> {
    const token = url.split('/').at(-1) ?? '';
    const status = await this.functions.callBack(token, body);
    if (this.isMeasured && status !== 200) this.callbacksFailed += 1;
  }

  /** From an end at Get3W to the commit that records it, however it came to be known. */
  #recorded(taskId: string): void {
    const endedAt = this.get3w.endedAt.get(taskId);
    if (endedAt === undefined) return;
    this.get3w.endedAt.delete(taskId);
    this.#lastRecordedMs = this.elapsedMs;
    if (this.isMeasured) this.recordedMs.push(this.time.now() - endedAt);
  }

  #sweepEveryMinute(): void {
    this.time.after(SWEEP_EVERY_MS, () => this.#sweepEveryMinute());
    void this.functions.sweep();
  }
}

function percentiles(values: readonly number[]): Percentiles {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
}
