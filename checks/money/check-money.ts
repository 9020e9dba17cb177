// `npm run test:money`: submits tasks of one account with a balance and a budget over HTTP while Get3W fails in several
// ways, and compares the account, its tasks, its spend and the simulator's ledger, to the micro-dollar.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MINUTE_MS } from '../../core/domain/time-ms.ts';
import { relayCommands } from '../../test/support/relay-commands.ts';
import { startRelay } from '../../test/support/relay-process.ts';

/** Another number of tasks is its only argument. */
const taskCount = Number(process.argv[2] ?? 2_000);
const PRICE = 40_007;
const WRITERS = 10;
const BALANCE_DOLLARS = 1_000;
const WAIT_MS_MAX = 8 * MINUTE_MS;

interface Money {
  readonly state: string;
  readonly charged_micros: number;
}

interface TaskPage {
  readonly data: readonly { readonly status: string; readonly completed_at: string | null; readonly money: Money }[];
  readonly next_cursor: string | null;
}

const folder = mkdtempSync(join(tmpdir(), 'relay-money-'));
const pricesFile = join(folder, 'prices.json');
writeFileSync(pricesFile, JSON.stringify({ models: { 'acme/sketch/text-to-image': { micros: PRICE } } }));
const relay = await startRelay({ environment: { RELAY_PRICES: pricesFile } });
try {
  process.exitCode = (await check()) ? 0 : 1;
} finally {
  await relay.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function check(): Promise<boolean> {
  const commands = relayCommands(relay.commandLineTarget);
  const dollars = String(BALANCE_DOLLARS);
  const account = [
    'accounts',
    'create',
    'metered',
    '--balance',
    dollars,
    '--budget-month',
    dollars,
    '--requests',
    '10000',
  ];
  const { id } = await commands.json<{ id: string }>(account);
  const { key } = await commands.json<{ key: string }>(['keys', 'create', id]);
  const headers = { authorization: `Bearer ${key}` };
  const faults = { 429: 0.05, 500: 0.05, 400: 0.05, 1200: 0.1, 5003: 0.2 };
  const put = { method: 'PUT', body: JSON.stringify({ faults, durationMs: 50 }) };
  const set = await fetch(new URL('/_simulator/settings', relay.simulatorUrl), put);
  if (!set.ok) throw new Error(await set.text());

  let left = taskCount;
  const tookMs: number[] = [];
  let sentAgain = 0;
  const write = async (): Promise<void> => {
    while (left-- > 0) {
      const key = `task-${left}`;
      const at = performance.now();
      // As a client should: an answer of 5xx or 429 is asked again under the same key, and makes no second task.
      while (!(await submit({ ...headers, 'idempotency-key': key }))) {
        sentAgain += 1;
        await sleep(1_000);
      }
      tookMs.push(performance.now() - at);
    }
  };
  const begun = performance.now();
  await Promise.all(Array.from({ length: WRITERS }, write));
  const seconds = (performance.now() - begun) / 1_000;
  const tasks = await endedTasks(headers);
  // The newest ends are rolled up ten seconds later.
  await sleep(12_000);

  const charged = tasks.reduce((sum, { money }) => sum + money.charged_micros, 0);
  const { balance_micros: balance } = await commands.json<{ balance_micros: number }>(['accounts', 'show', id]);
  const spend = await read<{ data: { ends: number; charged_micros: number }[] }>('/v1/spend?by=code', headers);
  const ledger = (await (await fetch(new URL('/_simulator/ledger', relay.simulatorUrl))).json()) as Ledger;
  const sorted = tookMs.sort((a, b) => a - b);
  const rows: readonly (readonly [string, number, number])[] = [
    ['tasks that ended', tasks.filter(({ completed_at: endedAt }) => endedAt !== null).length, taskCount],
    ['tasks in doubt', tasks.filter(({ money }) => money.state === 'in_doubt').length, 0],
    ['taken from the balance', BALANCE_DOLLARS * 1_000_000 - balance, charged],
    ['charged by /v1/spend', spend.data.reduce((sum, row) => sum + row.charged_micros, 0), charged],
    ['ends in /v1/spend', spend.data.reduce((sum, row) => sum + row.ends, 0), taskCount],
    ["paid by Get3W's ledger", (ledger.charged - ledger.refunded) * PRICE, charged],
  ];
  for (const [what, is, should] of rows) {
    process.stdout.write(
      `${is === should ? 'ok   ' : 'WRONG'} ${what}: ${is}${is === should ? '' : `, not ${should}`}\n`,
    );
  }
  const rate = (taskCount / seconds).toFixed(1);
  const p99 = (sorted[Math.floor(sorted.length * 0.99)] ?? 0).toFixed(0);
  process.stdout.write(
    `${rate} submits a second by ${WRITERS} writers, p50 ${sorted[taskCount >> 1]?.toFixed(0)} ms, p99 ${p99} ms, ${sentAgain} sent again\n`,
  );
  return rows.every(([, is, should]) => is === should);
}

/** As soon as all have ended, or the patience is over. */
async function endedTasks(headers: Record<string, string>): Promise<TaskPage['data']> {
  const until = Date.now() + WAIT_MS_MAX;
  let tasks = await allTasks(headers);
  while (tasks.some(({ completed_at: endedAt }) => endedAt === null) && Date.now() < until) {
    await sleep(3_000);
    tasks = await allTasks(headers);
  }
  return tasks;
}

async function submit(headers: Record<string, string>): Promise<boolean> {
  const body = JSON.stringify({ prompt: 'a cat' });
  const answer = await fetch(`${relay.url}/v1/acme/sketch/text-to-image`, { method: 'POST', headers, body });
  const text = await answer.text();
  if (answer.status === 429 || answer.status >= 500) return false;
  if (answer.status !== 200) throw new Error(`a submit was answered ${answer.status}: ${text}`);
  return true;
}

interface Ledger {
  readonly charged: number;
  readonly refunded: number;
}

async function allTasks(headers: Record<string, string>): Promise<TaskPage['data']> {
  const tasks: TaskPage['data'][number][] = [];
  for (let cursor = ''; ;) {
    const page = await read<TaskPage>(`/v1/requests?limit=100${cursor && `&cursor=${cursor}`}`, headers);
    tasks.push(...page.data);
    if (page.next_cursor === null) return tasks;
    cursor = encodeURIComponent(page.next_cursor);
  }
}

async function read<Value>(path: string, headers: Record<string, string>): Promise<Value> {
  const answer = await fetch(`${relay.url}${path}`, { headers });
  if (!answer.ok) throw new Error(`${path} was answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as Value;
}
