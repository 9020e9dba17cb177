// `npm run bench:money`: what a balance and a budget cost a submit over HTTP. One client submits in turns for a metered account
// and for another, so that both meet the same machine; then 30 writers submit 20 tasks a second for each, and
// the balance is compared with what its tasks cost.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { relayCommands } from '../../test/support/relay-commands.ts';
import { startRelay } from '../../test/support/relay-process.ts';

const PRICE = 40_007;
const ROUNDS = 400;
const WARM_ROUNDS = 50;
const WRITERS = 30;
const SUBMITS_PER_SECOND = 20;
const FOR_MS = 30_000;
const BALANCE_DOLLARS = 1_000;

const folder = mkdtempSync(join(tmpdir(), 'relay-money-'));
const pricesFile = join(folder, 'prices.json');
writeFileSync(pricesFile, JSON.stringify({ models: { 'acme/sketch/text-to-image': { micros: PRICE } } }));
const relay = await startRelay({ environment: { RELAY_PRICES: pricesFile } });
try {
  process.exitCode = (await bench()) ? 0 : 1;
} finally {
  await relay.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function bench(): Promise<boolean> {
  const dollars = String(BALANCE_DOLLARS);
  const metered = await accountWith(['metered', '--balance', dollars, '--budget-month', dollars]);
  const plain = await accountWith(['plain']);
  const took: Record<'metered' | 'plain', number[]> = { metered: [], plain: [] };
  for (let round = -WARM_ROUNDS; round < ROUNDS; round += 1) {
    const [one, other] = [await submit(metered.key), await submit(plain.key)];
    if (round < 0) continue;
    took.metered.push(one);
    took.plain.push(other);
  }
  const [p50, plainP50] = [quantile(took.metered, 0.5), quantile(took.plain, 0.5)];
  print(`in turns, ${ROUNDS} each: p50 ${p50.toFixed(2)} ms metered, ${plainP50.toFixed(2)} ms not`);
  print(`a metered submit takes ${((p50 / plainP50 - 1) * 100).toFixed(1)} % longer`);

  const others = await load(plain.key);
  const under = await load(metered.key);
  for (const [what, times] of [
    ['not metered', others],
    ['metered', under],
  ] as const) {
    const [middle, slow] = [quantile(times, 0.5).toFixed(0), quantile(times, 0.99).toFixed(0)];
    print(
      `${times.length} submits in ${FOR_MS / 1_000} s by ${WRITERS} writers, ${what}: p50 ${middle} ms, p99 ${slow} ms`,
    );
  }
  const tasks = WARM_ROUNDS + ROUNDS + under.length;
  const { balance_micros: left } = await relayCommands(relay.commandLineTarget).json<{ balance_micros: number }>([
    'accounts',
    'show',
    metered.id,
  ]);
  const spent = BALANCE_DOLLARS * 1_000_000 - left;
  print(`${spent === tasks * PRICE ? 'ok   ' : 'WRONG'} taken from the balance: ${spent} for ${tasks} tasks`);
  return spent === tasks * PRICE;
}

async function accountWith(options: readonly string[]): Promise<{ readonly id: string; readonly key: string }> {
  const commands = relayCommands(relay.commandLineTarget);
  const { id } = await commands.json<{ id: string }>(['accounts', 'create', ...options, '--requests', '10000']);
  return { id, key: (await commands.json<{ key: string }>(['keys', 'create', id])).key };
}

/** @returns milliseconds */
async function submit(key: string): Promise<number> {
  const headers = { authorization: `Bearer ${key}` };
  const begunAt = performance.now();
  const body = JSON.stringify({ prompt: 'a cat' });
  const answer = await fetch(`${relay.url}/v1/acme/sketch/text-to-image`, { method: 'POST', headers, body });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`a submit was answered ${answer.status}: ${text}`);
  return performance.now() - begunAt;
}

async function load(key: string): Promise<readonly number[]> {
  const took: number[] = [];
  const until = performance.now() + FOR_MS;
  const everyMs = (WRITERS * 1_000) / SUBMITS_PER_SECOND;
  const write = async (): Promise<void> => {
    await sleep(Math.random() * everyMs);
    while (performance.now() < until) {
      took.push(await submit(key));
      await sleep(-Math.log(1 - Math.random()) * everyMs);
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, write));
  return took;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length * share)] ?? NaN;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
