// One account with a balance and a budget under load, over the physics of the table: many writers submit, their tasks end
// in batches, a tenth of them refunded. Only what touches the account is played, so that the figures are of its item
// alone; report-money.ts prints them.
import { makeDynamoStore } from '../../core/adapters/dynamodb/dynamo-store.ts';
import { defaultSettings } from '../../core/domain/settings.ts';
import { LEASE_MS } from '../../core/domain/money/money-lease.ts';
import { sumOfDays } from '../../core/domain/money/account-money.ts';
import { settledMoney } from '../../core/domain/money/task-money.ts';
import { FixedRandomSource } from '../support/memory/fixed-random-source.ts';
import { sampleTask } from '../support/sample-task.ts';
import { TableMeter } from '../support/table/table-meter.ts';
import { TableModel } from '../support/table/table-model.ts';
import { VirtualTime } from './virtual-time.ts';
import type { AccountMoney } from '../../core/domain/money/account-money.ts';
import type { DueIndex } from '../../core/ports/ports.ts';
import type { LeaseStore } from '../../core/ports/lease-store.ts';
import type { Task } from '../../core/domain/task/task.ts';

interface MoneyLoad {
  readonly submitsPerSecond: number;
  readonly writers: number;
  readonly lockMs: number;
  readonly forMs: number;
}

interface MoneyLoadReport {
  readonly tasks: number;
  /** Submits that gave up on the contended account. */
  readonly givenUp: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly conflictsPerTask: number;
  /** Whether the account has lost exactly what its tasks hold. */
  readonly isExact: boolean;
}

const STARTS_AT = Date.UTC(2026, 2, 1, 12);
const DAY = 20260301;
const PRICE_MICROS = 40_007;
const BALANCE_MICROS = 1e12;
const SETTLERS = 4;
const BATCH = 10;

/** Plays it, and compares the account with its tasks afterwards. */
export async function playMoneyLoad({ submitsPerSecond, writers, lockMs, forMs }: MoneyLoad): Promise<MoneyLoadReport> {
  const time = new VirtualTime(STARTS_AT, { isWhole: false });
  const randomSource = new FixedRandomSource(7, { now: () => Math.floor(time.now()) });
  const meter = new TableMeter();
  const table = new TableModel({ time, random: () => randomSource.random(), meter, lockMs, isTimed: true });
  // Each writer is a process of its own, with leases of its own.
  const openStore = () =>
    makeDynamoStore({
      client: table.client(() => 'money'),
      tableName: 'relay',
      clock: { now: () => Math.floor(time.now()), sleep: (delayMs) => time.sleep(delayMs) },
      randomSource,
      settings: defaultSettings.gate,
    });
  const store = openStore();
  const parts = { name: 'metered', weight: 1, isOperator: false, activeTasks: 0, createdAt: STARTS_AT };
  const money = { balanceMicros: BALANCE_MICROS, dayBudgetMicros: BALANCE_MICROS };
  const made = store.putAccount({ ...parts, ...money, id: 'acc_one' });
  const tookMs: number[] = [];
  const open: Task[] = [];
  let [givenUp, busy, tasks, held] = [0, writers + SETTLERS, 0, 0];

  const submit = async (own: ReturnType<typeof openStore>): Promise<void> => {
    const account = await own.loadAccount('acc_one');
    const task = newTask(randomSource.id());
    const at = time.now();
    try {
      await own.createTask({ task, input: '{"prompt":"a cat"}', account });
      tookMs.push(time.now() - at);
      tasks += 1;
      held += PRICE_MICROS;
      open.push(task);
    } catch {
      givenUp += 1;
    }
  };
  const write = async (): Promise<void> => {
    await made;
    const own = openStore();
    const everyMs = (writers * 1_000) / submitsPerSecond;
    for (let at = STARTS_AT + randomSource.random() * everyMs; at < STARTS_AT + forMs;) {
      await time.sleep(at - time.now());
      await submit(own);
      at = Math.max(time.now(), at - Math.log(1 - randomSource.random()) * everyMs);
    }
    busy -= 1;
  };
  const settle = async (): Promise<void> => {
    while (busy > SETTLERS || open.length > 0) {
      const batch = open.splice(0, BATCH);
      const changes = batch.map((before) => ({ before, after: endOf(before, randomSource.random() < 0.1) }));
      if (batch.length === 0) await time.sleep(50);
      else if (await isCommitted(store, changes)) held -= changes.reduce((sum, { after }) => sum + givenBack(after), 0);
      else open.push(...batch);
    }
    busy -= 1;
  };
  for (let writer = 0; writer < writers; writer += 1) void write();
  for (let settler = 0; settler < SETTLERS; settler += 1) void settle();
  while (busy > 0 && time.step()) await new Promise(setImmediate);
  const conflicts = meter.sum('conflicts');
  const reading = readMoney(store, time);
  while (time.step()) await new Promise(setImmediate);
  const { atEnd, leased, returned } = await reading;
  const isExact = isLeft(atEnd, held + leased) && isLeft(returned, held);
  const conflictsPerTask = conflicts / Math.max(1, tasks);
  return { tasks, givenUp, p50Ms: quantile(tookMs, 0.5), p99Ms: quantile(tookMs, 0.99), conflictsPerTask, isExact };
}

function newTask(id: string): Task {
  const money = { priceMicros: PRICE_MICROS, day: DAY, reason: 'reserved' } as const;
  return sampleTask({ id, accountId: 'acc_one', isUncounted: true, money });
}

function isLeft(account: AccountMoney | undefined, takenMicros: number): boolean {
  return account?.balanceMicros === BALANCE_MICROS - takenMicros && account.daySpentMicros === takenMicros;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length * share)] ?? NaN;
}

/** The account as its tasks leave it, and once the sweep has given back what its processes did not spend. */
async function readMoney(store: ReturnType<typeof makeDynamoStore>, time: VirtualTime) {
  const [atEnd, leased] = [await store.loadAccount('acc_one'), sumOfDays(await store.leased('acc_one'))];
  await time.sleep(2 * LEASE_MS);
  await returnDueLeases(store, time.now());
  return { atEnd, leased, returned: await store.loadAccount('acc_one') };
}

/** As the sweep does. */
export async function returnDueLeases(store: DueIndex & LeaseStore, now: number): Promise<void> {
  for (let shard = 0; shard < store.shards; shard += 1) {
    for (const { kind, id } of await store.overdue(shard, now, 1_000)) {
      const [accountId = '', holderId = ''] = id.split('#');
      if (kind === 'lease') await store.returnLease(accountId, holderId);
    }
  }
}

type Changes = readonly { readonly before: Task; readonly after: Task }[];

async function isCommitted(store: ReturnType<typeof makeDynamoStore>, changes: Changes): Promise<boolean> {
  try {
    return (await store.commit({ changes })).kind === 'committed';
  } catch {
    return false;
  }
}

function givenBack({ money }: Task): number {
  return money?.reason === 'not-submitted' ? money.priceMicros : 0;
}

/** A tenth ends without cost, which gives its price back; the others change nothing of their account. */
function endOf(task: Task, isFree: boolean): Task {
  const { due: _due, ...rest } = task;
  const ended: Task = {
    ...rest,
    version: 2,
    ends: 1,
    endedAt: STARTS_AT,
    ...(isFree
      ? { status: 'failed', result: { code: 5_003, outputs: null, error: 'Service Unavailable' } }
      : { status: 'cancelled', result: { code: null, outputs: null, error: null } }),
  };
  if (!isFree) return { ...ended, money: { priceMicros: PRICE_MICROS, day: DAY, reason: 'completed' } };
  const money = settledMoney(ended, defaultSettings.charging);
  return { ...ended, ...(money && { money }) };
}
