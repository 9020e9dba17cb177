import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startRelay } from '../support/relay-process.ts';
import { RelayClient } from '../support/relay-client.ts';
import type { RelayProcess } from '../support/relay-process.ts';

const root = join(import.meta.dirname, '..', '..');
const run = promisify(execFile);

interface Ledger {
  readonly tasks: Readonly<Record<string, { readonly charged: number; readonly refunded: number }>>;
}

async function ledgerOf({ simulatorUrl }: RelayProcess): Promise<Ledger> {
  return (await (await fetch(`${simulatorUrl}/_simulator/ledger`)).json()) as Ledger;
}

describe('a local relay that runs', () => {
  let relay: RelayProcess;
  beforeAll(async () => void (relay = await startRelay()));
  afterAll(() => relay.stop());

  it('writes its address for programs into a file that only its owner may read', () => {
    expect(relay).toMatchObject({
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) as unknown,
      apiKey: expect.stringMatching(/^sk_/) as unknown,
      keys: { limited: expect.any(String) as unknown, empty: expect.any(String) as unknown },
    });
    expect(statSync(join(relay.dataDir, 'local.json')).mode & 0o777).toBe(0o600);
  });

  it('has a key without limits and one of each kind that is refused', async () => {
    const status = async (key: string): Promise<number> => {
      const client = new RelayClient(relay.url, key);
      return (await client.call('POST', '/v1/simulator/never/text-to-image', { body: { prompt: 'x' } })).status;
    };
    expect(await status(relay.keys.revoked)).toBe(401);
    expect(await status(relay.keys.empty)).toBe(403);
    expect([await status(relay.keys.limited), await status(relay.keys.limited)]).toEqual([200, 429]);
    expect([await status(relay.apiKey), await status(relay.apiKey)]).toEqual([200, 200]);
  });

  it('shows what its functions measured', async () => {
    const client = new RelayClient(relay.url, relay.apiKey);
    await client.ended(await client.submit('simulator/5003.0/text-to-image'));
    const url = `${relay.url}/_local/metrics?name=AttemptsFailed&period=3600`;
    await expect
      .poll(async () => {
        const { series } = (await (await fetch(url)).json()) as { series: { dimensions: { code?: string } }[] };
        return series.map(({ dimensions }) => dimensions.code);
      })
      .toContain('task-5003');
  });

  it('is the only one on its data, and another refuses to start', async () => {
    const args = [join(root, 'local', 'start.ts'), '--data', relay.dataDir, '--port', '0'];
    await expect(run(process.execPath, args)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`as process ${relay.pid}`) as unknown,
    });
  });

  it('handles a small load without losing or doubling a task', async () => {
    const args = [join(root, 'bench', 'load.ts'), '--tasks', '15', '--data', relay.dataDir];
    const { stdout } = await run(process.execPath, args);
    expect(stdout).toContain('15 of 15 tasks completed');
  });
});

describe('the start of a local relay', () => {
  it('prints within seconds a command that works unchanged', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'relay-'));
    const args = [join(root, 'local', 'start.ts'), '--quick', '--data', dataDir, '--port', '0'];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    // One that a failing test left behind would hold the test run open for ever.
    onTestFinished(() => void child.kill('SIGKILL'));
    let printed = '';
    child.stdout.on('data', (chunk: Buffer) => (printed += String(chunk)));
    await expect.poll(() => printed, { timeout: 30_000 }).toContain('Ctrl-C');
    const [, url = '', key = '', body = ''] = /-X POST '(\S+)'.*?Bearer (\S+)'.*?-d '([^']+)'/s.exec(printed) ?? [];
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const task = (await (await fetch(url, { method: 'POST', headers, body })).json()) as {
      status: string;
      attempts: { code: number }[];
    };
    expect(task.status).toBe('completed');
    expect(task.attempts.map(({ code }) => code)).toEqual([5003, 5003, 0]);

    child.kill('SIGINT');
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(0);
    expect(existsSync(join(dataDir, 'local.json'))).toBe(false);
    rmSync(dataDir, { recursive: true });
  });

  // A submit that was cut waits for its lease, then for its doubt: three quarters of a minute, and a slow machine's share.
  it(
    'continues every task after a kill, and none is paid twice except after a doubt',
    { timeout: 150_000 },
    async () => {
      const killed = await startRelay();
      const client = new RelayClient(killed.url, killed.apiKey);
      const models = ['0', '5003.0', '429.500.0', 'twice', 'early'];
      const ids = await Promise.all(models.map((steps) => client.submit(`simulator/${steps}/text-to-image`)));
      await killed.kill9();
      const relay = await killed.restart();
      try {
        expect(relay.url).toBe(killed.url);
        const tasks = await Promise.all(ids.map((id) => client.ended(id, 100_000)));
        expect(tasks.map(({ status }) => status)).toEqual(models.map(() => 'completed'));
        const { tasks: paid } = await ledgerOf(relay);
        for (const { id, attempts } of tasks) {
          // Killed between the POST and its record, and deaf when the webhook came: held in doubt, then submitted again.
          const doubts = attempts.filter(({ doubt }) => doubt?.resolution === 'resubmitted').length;
          const paidFor = (paid[id]?.charged ?? 0) - (paid[id]?.refunded ?? 0);
          expect(paidFor).toBeGreaterThanOrEqual(1);
          expect(paidFor).toBeLessThanOrEqual(1 + doubts);
        }
      } finally {
        await relay.stop();
        rmSync(relay.dataDir, { recursive: true, force: true });
      }
    },
  );
});
