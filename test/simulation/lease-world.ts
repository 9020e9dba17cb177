// Processes that submit for one account with leases of its money: they die and freeze between any two steps, lose answers,
// work over midnight; tasks are refunded, an operator sets balance and budget, the sweep gives back what is left. At every
// audited instant the rows must add up: what the account has left, what is leased and what its tasks hold.
import { makeDynamoStore } from '../../core/adapters/dynamodb/dynamo-store.ts';
import { budgetDayOf } from '../../core/domain/money/account-money.ts';
import { LEASE_MS } from '../../core/domain/money/money-lease.ts';
import { defaultSettings } from '../../core/domain/settings.ts';
import { FixedRandomSource } from '../support/memory/fixed-random-source.ts';
import { sampleTask } from '../support/sample-task.ts';
import { TableError } from '../support/table/table-error.ts';
import { TableMeter } from '../support/table/table-meter.ts';
import { TableModel } from '../support/table/table-model.ts';
import { LEASE_WORLD_ACCOUNT, LEASE_WORLD_PRICE, LeaseBooks } from './lease-books.ts';
import { returnDueLeases } from './money-load.ts';
import { VirtualTime } from './virtual-time.ts';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Store } from '../../core/adapters/dynamodb/dynamo-store.ts';
import type { AccountUpdate } from '../../core/ports/account-changes.ts';
import type { Task } from '../../core/domain/task/task.ts';

interface LeaseWorldPlan {
  readonly seed: number;
  readonly balanceMicros: number;
  readonly dayBudgetMicros?: number;
  readonly writers: number;
  /** Of the calls of a process, this share is its last, before or after it takes effect. */
  readonly deaths: number;
  /** Of the calls, this share waits past the end of every lease, before or after it takes effect. */
  readonly freezes?: number;
  /** Of the calls, this share takes effect and is answered by an error. */
  readonly lostAnswers: number;
  /** What an operator changes, one after the other. */
  readonly changes?: readonly AccountUpdate[];
  /** By how much the clock of the operator's machine is wrong. */
  readonly operatorBehindMs?: number;
}

interface LeaseWorldReport {
  /** What did not add up, with the time. */
  readonly problems: readonly string[];
  readonly tasks: number;
  readonly refused: number;
  readonly leases: number;
  readonly deaths: number;
  readonly freezes: number;
  /** Changes by the operator that were given up. */
  readonly unchanged: number;
  /** Without leases, at the end. */
  readonly leftMicros: number;
  /** Budget and per cent of each threshold that was reported. */
  readonly reported: readonly string[];
  /** The most that was leased when one was. */
  readonly leasedAtThreshold: number;
}

/** Six seconds before midnight, at the end of a month. */
const STARTS_AT = Date.UTC(2026, 1, 28, 23, 59, 54);
const FOR_MS = 12_000;
/** Calls that one process serves at once, as on one machine: leases meet within it too. */
const LOOPS = 2;
const FREEZE_MS = 1.5 * LEASE_MS;
/** Each instant would cost more than it shows: every task is read. */
const AUDIT_STEPS = 20;

/** The death of a process in a call: nothing of it goes on. */
class Death extends Error {}

export function playLeaseWorld(plan: LeaseWorldPlan): Promise<LeaseWorldReport> {
  return new LeaseWorld(plan).play();
}

class LeaseWorld {
  readonly #plan: LeaseWorldPlan;
  readonly #time = new VirtualTime(STARTS_AT, { isWhole: false });
  readonly #randomSource: FixedRandomSource;
  readonly #table: TableModel;
  readonly #books: LeaseBooks;
  readonly #calm: Store;
  readonly #counts = { refused: 0, deaths: 0, freezes: 0, unchanged: 0 };
  #writing = 0;
  #others = 1;

  constructor(plan: LeaseWorldPlan) {
    this.#plan = plan;
    this.#randomSource = new FixedRandomSource(plan.seed, { now: () => Math.floor(this.#time.now()) });
    const random = (): number => this.#randomSource.random();
    this.#table = new TableModel({ time: this.#time, random, meter: new TableMeter(), lockMs: 5, isTimed: true });
    this.#books = new LeaseBooks(this.#table);
    this.#calm = this.#openStore(this.#table.client(() => 'money'));
  }

  async play(): Promise<LeaseWorldReport> {
    void this.#live();
    const problems: string[] = [];
    for (let steps = 0; this.#time.step(); steps += 1) {
      await new Promise(setImmediate);
      if (steps % AUDIT_STEPS !== 0 || problems.length === 3) continue;
      const found = this.#books.audit();
      if (found !== undefined) problems.push(`${Math.round(this.#time.now() - STARTS_AT)} ms: ${found}`);
    }
    if (this.#writing + this.#others > 0) problems.push('the world stopped before its end');
    const { leftMicros, leasedMicros, tasks } = this.#books.sums();
    if (leasedMicros !== 0) problems.push(`${leasedMicros} micro-dollars are still leased at the end`);
    const { leases, reported, leasedAtThreshold } = this.#books;
    return { problems, tasks, ...this.#counts, leases, leftMicros, reported, leasedAtThreshold };
  }

  async #live(): Promise<void> {
    const { writers, balanceMicros, dayBudgetMicros, changes = [] } = this.#plan;
    const limits = { balanceMicros, ...(dayBudgetMicros !== undefined && { dayBudgetMicros }) };
    const parts = { name: 'one', weight: 1, isOperator: false, activeTasks: 0, createdAt: STARTS_AT };
    await this.#calm.putAccount({ ...parts, ...limits, id: LEASE_WORLD_ACCOUNT });
    this.#books.begin();
    this.#writing = writers;
    this.#others = 3;
    for (let count = 0; count < writers; count += LOOPS) {
      const process = { store: this.#openStore(this.#faultyClient()) };
      for (let loop = 0; loop < LOOPS; loop += 1) void this.#write(process);
    }
    void this.#settle();
    void this.#sweep();
    void this.#operate(changes);
  }

  async #write(process: { store: Store }): Promise<void> {
    while (this.#time.now() < STARTS_AT + FOR_MS) {
      await this.#time.sleep(this.#randomSource.random() * 120);
      try {
        const account = await process.store.loadAccount(LEASE_WORLD_ACCOUNT);
        const made = await process.store.createTask({ task: this.#newTask(), input: '{}', account });
        if (made.kind !== 'created') this.#counts.refused += 1;
      } catch (error) {
        // Another error is an answer to its client.
        if (error instanceof Death) process.store = this.#openStore(this.#faultyClient());
      }
    }
    this.#writing -= 1;
  }

  async #settle(): Promise<void> {
    while (this.#writing > 0) {
      await this.#time.sleep(200);
      const open = this.#books.tasks().filter(({ ends }) => ends === 0);
      const isFree = (): boolean => this.#randomSource.random() < 0.2;
      const changes = open.slice(0, 8).map((before) => ({ before, after: endOf(before, isFree()) }));
      if (changes.length > 0) await this.#calm.commit({ changes }).catch(() => undefined);
    }
    this.#others -= 1;
  }

  async #sweep(): Promise<void> {
    while (this.#writing > 0) {
      await this.#time.sleep(5_000);
      await returnDueLeases(this.#calm, this.#time.now());
    }
    await this.#time.sleep(2 * LEASE_MS);
    await returnDueLeases(this.#calm, this.#time.now());
    this.#others -= 1;
  }

  async #operate(changes: readonly AccountUpdate[]): Promise<void> {
    const client = this.#table.client(() => 'money');
    const operator = this.#openStore(client, this.#plan.operatorBehindMs);
    for (const change of changes) {
      await this.#time.sleep(this.#randomSource.random() * 3_000);
      try {
        await operator.updateAccount(LEASE_WORLD_ACCOUNT, change);
      } catch {
        this.#counts.unchanged += 1;
      }
    }
    this.#others -= 1;
  }

  #newTask(): Task {
    const day = budgetDayOf(this.#time.now());
    const money = { priceMicros: LEASE_WORLD_PRICE, day, reason: 'reserved' } as const;
    return sampleTask({ id: this.#randomSource.id(), accountId: LEASE_WORLD_ACCOUNT, isUncounted: true, money });
  }

  #openStore(client: DynamoDBClient, behindMs = 0): Store {
    const now = (): number => Math.floor(this.#time.now() - behindMs);
    const clock = { now, sleep: (delayMs: number) => this.#time.sleep(delayMs) };
    const { gate: settings } = defaultSettings;
    return makeDynamoStore({ client, tableName: 'relay', clock, randomSource: this.#randomSource, settings });
  }

  #faultyClient(): DynamoDBClient {
    const client = this.#table.client(() => 'money');
    const { deaths, freezes = 0, lostAnswers } = this.#plan;
    const counts = this.#counts;
    const send = async (command: Parameters<DynamoDBClient['send']>[0]): Promise<unknown> => {
      const [fate, isBefore] = [this.#randomSource.random(), this.#randomSource.random() < 0.5];
      const suffer = async (): Promise<void> => {
        if (fate < deaths) {
          counts.deaths += 1;
          throw new Death();
        }
        if (fate >= deaths + freezes) return;
        counts.freezes += 1;
        await this.#time.sleep(FREEZE_MS);
      };
      if (isBefore) await suffer();
      const answer: unknown = await client.send(command as never);
      if (!isBefore) await suffer();
      if (fate >= 1 - lostAnswers) throw new TableError('InternalServerError');
      return answer;
    };
    return { send, destroy: () => undefined } as unknown as DynamoDBClient;
  }
}

function endOf(task: Task, isFree: boolean): Task {
  const { due: _due, ...rest } = task;
  const { day } = task.money ?? {};
  const reason = isFree ? 'not-submitted' : 'completed';
  const money = { priceMicros: LEASE_WORLD_PRICE, ...(day !== undefined && { day }), reason } as const;
  const result = { code: null, outputs: null, error: null };
  return { ...rest, version: 2, ends: 1, endedAt: STARTS_AT, status: 'cancelled', result, money };
}
