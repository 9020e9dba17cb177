// What AWS's DynamoDB does and stand-ins do not: calls take time, a transaction locks its items for a while, a call
// that meets a lock is refused, and a partition takes a bounded number of units a second. The backend keeps the items:
// the model of the simulation, or an emulator behind the layer of the benchmarks. Source of the numbers:
// docs/decisions/0011-slot-pools.md; lock and latency are assumptions until measured on AWS.
import { cancelled, TableError } from './table-error.ts';
import type { Charge } from './item-units.ts';
import type { Item } from './condition.ts';
import type { TableMeter, UnitKind } from './table-meter.ts';

interface PhysicsTime {
  /** Milliseconds, with fractions where there are any. */
  now(): number;
  sleep(delayMs: number): Promise<void>;
}

export interface PhysicsOptions {
  readonly time: PhysicsTime;
  readonly random: () => number;
  readonly meter: TableMeter;
  /** How long a transaction of up to eleven items keeps its items locked. */
  readonly lockMs: number;
  /** False for a table that answers at once, as a conformance suite wants it: locks and throttles are off then. */
  readonly isTimed: boolean;
  /**
   * How reads lag behind that need not be consistent. `steadily`: those of rows alone, and never further behind than one
   * before, as a suite wants it that waits for what it wrote. @default 'freely' if isTimed, else 'never'
   */
  readonly lags?: 'freely' | 'steadily' | 'never';
}

/** One write as the backend sees it when it is checked. */
interface Judged {
  readonly holds: boolean;
  readonly before: Item | undefined;
  readonly charges: readonly Charge[];
}

/** A backend in this process answers at once, so that nothing comes between judging and applying a plain write. */
export interface PhysicalWrite {
  readonly id: string;
  readonly returnsOld: boolean;
  judge(isTransactional: boolean): Judged | Promise<Judged>;
  apply(): void | Promise<void>;
}

interface ReadCharge {
  readonly partition: string;
  readonly units: number;
}

/** What one partition gives. */
export const unitsASecond: Readonly<Record<UnitKind, number>> = { read: 3_000, write: 1_000 };
/** From the sending of a call to the storage node. */
const ARRIVAL_MS = 2.5;
const TRANSACTION_MS = 13;
const READ_MS = 5;
/** Beyond eleven items a transaction takes longer, and so does its lock: a guess, see the decision. */
const FREE_ITEMS = 11;
const ITEM_MS = 0.22;
const ITEM_LOCK_SHARE = 0.024;

interface Bucket {
  units: number;
  filledAt: number;
}

export class TablePhysics {
  readonly #options: PhysicsOptions;
  /** Items that a transaction is at work on. */
  readonly #locks = new Set<string>();
  /** When each item was last written without a transaction. */
  readonly #plainWrites = new Map<string, number>();
  readonly #buckets = new Map<string, Bucket>();

  constructor(options: PhysicsOptions) {
    this.#options = options;
  }

  async read(step: string, charge: () => Promise<readonly ReadCharge[]>, items: number): Promise<void> {
    await this.#take(READ_MS / 2 + items * 0.02);
    const charges = await charge();
    this.#spend(
      step,
      charges.map(({ partition, units }) => [partition, units] as const),
      'read',
    );
    this.#options.meter.add(step, { readUnits: charges.reduce((sum, { units }) => sum + units, 0) });
    await this.#take(READ_MS / 2);
  }

  /** @throws TableError when it is refused: by its condition, by a lock, or by its partition. */
  async write(step: string, write: PhysicalWrite): Promise<void> {
    const { meter, time } = this.#options;
    await this.#take(ARRIVAL_MS);
    meter.add(step, { writes: 1 });
    if (this.#isLocked(write.id)) {
      meter.add(step, { conflicts: 1 });
      await this.#take(ARRIVAL_MS);
      throw new TableError('TransactionConflictException');
    }
    const looked = write.judge(false);
    const judged = isNow(looked) ? looked : await looked;
    this.#charge(step, judged.holds ? judged.charges : judged.charges.filter(({ where }) => where === 'table'));
    if (!judged.holds) {
      await this.#take(ARRIVAL_MS);
      throw conditionFailed(write, judged);
    }
    if (this.#options.isTimed) this.#plainWrites.set(write.id, time.now());
    await write.apply();
    await this.#take(ARRIVAL_MS);
  }

  /** @throws TableError TransactionCanceledException with a reason for each write. */
  async transact(step: string, writes: readonly PhysicalWrite[]): Promise<void> {
    const { meter, time, lockMs } = this.#options;
    const sentAt = time.now();
    await this.#take(ARRIVAL_MS);
    meter.add(step, { writes: 1 });
    const conflicts = writes.map(({ id }) => this.#isLocked(id) || (this.#plainWrites.get(id) ?? 0) > sentAt);
    if (conflicts.includes(true)) {
      meter.add(step, { conflicts: 1, cancelledUnits: 2 * writes.length });
      await this.#take(3);
      throw cancelled(conflicts.map((isMet) => (isMet ? 'TransactionConflict' : 'None')));
    }
    const more = Math.max(0, writes.length - FREE_ITEMS);
    const refusal = await this.#whileLocked(writes, async () => {
      const until = time.now() + this.#drawn(lockMs * (1 + ITEM_LOCK_SHARE * more));
      const looked = writes.map((write) => write.judge(true));
      const judged: Judged[] = [];
      for (const one of looked) judged.push(isNow(one) ? one : await one);
      const failed = judged.some(({ holds }) => !holds);
      this.#charge(
        step,
        judged.flatMap(({ charges }) => (failed ? charges.filter(({ where }) => where === 'table') : charges)),
      );
      if (failed) return refusalOf(writes, judged);
      if (this.#options.isTimed) await time.sleep(Math.max(0, until - time.now()));
      const applied = writes.map((write) => write.apply());
      for (const one of applied) if (!isNow(one)) await one;
      return undefined;
    });
    if (refusal) {
      await this.#take(3);
      throw refusal;
    }
    if (this.#options.isTimed) {
      await time.sleep(Math.max(0, sentAt + this.#drawn(TRANSACTION_MS + ITEM_MS * more) - time.now()));
    }
  }

  #isLocked(id: string): boolean {
    return this.#locks.has(id);
  }

  /** Nobody else opens these locks, and nothing is locked for longer than the work takes. */
  async #whileLocked<Result>(writes: readonly PhysicalWrite[], work: () => Promise<Result>): Promise<Result> {
    if (!this.#options.isTimed) return work();
    for (const { id } of writes) this.#locks.add(id);
    try {
      return await work();
    } finally {
      for (const { id } of writes) this.#locks.delete(id);
    }
  }

  #charge(step: string, charges: readonly Charge[]): void {
    this.#spend(
      step,
      charges.map(({ partition, units }) => [partition, units] as const),
      'write',
    );
    const sum = (where: Charge['where']): number =>
      charges.reduce((units, charge) => (charge.where === where ? units + charge.units : units), 0);
    this.#options.meter.add(step, { writeUnits: sum('table'), indexUnits: sum('index') });
  }

  /** All of them, or none and a throttle: a full partition of an index holds up the table's writes behind it too. */
  #spend(step: string, wanted: readonly (readonly [string, number])[], kind: UnitKind): void {
    const { time, meter, isTimed } = this.#options;
    if (!isTimed) return;
    const now = time.now();
    const perSecond = unitsASecond[kind];
    const sums = new Map<string, number>();
    for (const [partition, units] of wanted) sums.set(partition, (sums.get(partition) ?? 0) + units);
    const buckets = [...sums].map(([partition, units]) => {
      meter.ask(kind, partition, units);
      const name = `${kind}:${partition}`;
      const bucket = this.#buckets.get(name) ?? { units: perSecond, filledAt: now };
      bucket.units = Math.min(perSecond, bucket.units + ((now - bucket.filledAt) * perSecond) / 1_000);
      bucket.filledAt = now;
      this.#buckets.set(name, bucket);
      return { bucket, units };
    });
    // More than a second's worth in one call is let through by a full bucket, or it never could be.
    if (buckets.some(({ bucket, units }) => bucket.units < Math.min(units, perSecond))) {
      meter.add(step, { throttles: 1 });
      throw new TableError('ProvisionedThroughputExceededException');
    }
    for (const { bucket, units } of buckets) bucket.units -= units;
  }

  /** Lognormal around its mean. */
  #drawn(meanMs: number): number {
    const { random } = this.#options;
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return meanMs * Math.exp(0.25 * normal - 0.03125);
  }

  /** Three calls in a thousand take 20 to 100 ms more. */
  async #take(meanMs: number): Promise<void> {
    const { isTimed, time, random } = this.#options;
    if (!isTimed) return;
    await time.sleep(this.#drawn(meanMs) + (random() < 0.0015 ? 20 + 80 * random() : 0));
  }
}

function isNow<Value>(value: Value | Promise<Value>): value is Value {
  return !(value instanceof Promise);
}

function refusalOf(writes: readonly PhysicalWrite[], judged: readonly Judged[]): TableError {
  const codes = judged.map(({ holds }) => (holds ? 'None' : 'ConditionalCheckFailed'));
  const items = judged.map(({ holds, before }, index) => (!holds && writes[index]?.returnsOld ? before : undefined));
  return cancelled(codes, items);
}

function conditionFailed(write: PhysicalWrite, { before }: Judged): TableError {
  const item = write.returnsOld && before;
  return new TableError('ConditionalCheckFailedException', item ? { Item: item } : {});
}
