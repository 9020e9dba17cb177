// The simulator keeps its promises over the death of its process: tasks it answered exist, those that ran end,
// webhooks that were due are sent. Proven on the command that people run, killed with SIGKILL.
import { spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSimulator } from '../../simulator/start-simulator.ts';
import { eventually } from '../support/eventually.ts';
import { simulatorClient } from '../support/simulator-client.ts';
import { openWebhookInbox } from '../support/webhook-inbox.ts';
import type { SimulatorClient } from '../support/simulator-client.ts';
import type { WebhookInbox } from '../support/webhook-inbox.ts';

const MODEL = 'google/nano-banana-pro/text-to-image';
const command = fileURLToPath(new URL('../../simulator/serve.ts', import.meta.url));
const closing: (() => Promise<unknown>)[] = [];
let dataDir: string;
let inbox: WebhookInbox;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'get3w-simulator-'));
  inbox = await openWebhookInbox();
});

afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
  await inbox.close();
  rmSync(dataDir, { recursive: true, force: true });
});

interface Served {
  readonly get3w: SimulatorClient;
  readonly url: string;
  stop(signal: NodeJS.Signals): Promise<number | null>;
}

/** Runs the command on the data directory until it says where it listens. */
async function serve(...options: string[]): Promise<Served> {
  const child = spawn(process.execPath, [command, '--data', dataDir, ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const stop = (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    return ended;
  };
  closing.push(() => stop('SIGKILL'));
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /http:\S+/.exec(line)?.[0];
    if (url !== undefined) return { get3w: simulatorClient(url), url, stop };
  }
  throw new Error('the simulator ended before it listened');
}

describe('after SIGKILL', () => {
  it('the same ledger is there, the running task ends, and its webhook is sent', async () => {
    const first = await serve('--settings', '{"durationMs":20}');
    const done = await first.get3w.accepted('simulator/0/text-to-image', { requestId: 'done' });
    const failed = await first.get3w.accepted('simulator/5003/text-to-image', { requestId: 'failed' });
    const finished = [await first.get3w.untilEnded(done), await first.get3w.untilEnded(failed)];
    await first.get3w.putSettings({ durationMs: 1_000 });
    const running = await first.get3w.accepted(MODEL, { requestId: 'running', webhook: `${inbox.url}/running` });
    const ledger = await first.get3w.ledger();
    await first.stop('SIGKILL');
    expect(inbox.received()).toEqual([]);

    const { get3w, url } = await serve();
    const { running: runningNow, ...counts } = await get3w.ledger();
    expect({ ...counts, running: 1 }).toEqual(ledger);
    expect(runningNow).toBeLessThanOrEqual(1);
    await eventually(() => inbox.received('/running').length).toBe(1);
    const task = await get3w.untilEnded(running);
    expect(task).toMatchObject({ status: 'completed', outputs: [`${url}/outputs/${running}.png`] });
    expect(JSON.parse(inbox.received('/running')[0]?.bodyText ?? '')).toEqual(task);
    expect((await fetch(task.outputs?.[0] ?? '')).status).toBe(200);

    const again = await Promise.all([get3w.poll(done), get3w.poll(failed)]);
    const outputsAside = (tasks: readonly object[]): unknown[] => tasks.map((each) => ({ ...each, outputs: null }));
    expect(outputsAside(again)).toEqual(outputsAside(finished));
    expect(await get3w.ledger()).toEqual({ ...ledger, running: 0 });
  });

  it('settings, scripts and balance go on where they were', async () => {
    const first = await serve('--settings', '{"durationMs":20,"balance":5}');
    await first.get3w.putSettings({ concurrency: 17, webhook: { lateMs: 9 } });
    await first.get3w.accepted('simulator/0.500.0/text-to-image', { requestId: 'job' });
    await first.stop('SIGKILL');

    const { get3w, url } = await serve('--settings', '{"durationMs":30,"balance":5}');
    const settings = await fetch(`${url}/_simulator/settings`);
    expect(await settings.json()).toMatchObject({
      durationMs: 30,
      concurrency: 17,
      balance: 4,
      webhook: { lateMs: 9, delayMs: 0 },
    });
    expect((await get3w.submit('simulator/0.500.0/text-to-image', { requestId: 'job' })).status).toBe(500);
    expect((await get3w.submit('simulator/0.500.0/text-to-image', { requestId: 'job' })).status).toBe(200);
  });

  it('in the middle of many submits, every answered one is known, and nothing twice', async () => {
    const first = await serve('--settings', '{"durationMs":30}');
    const answered: string[] = [];
    const submitting = Array.from({ length: 500 }, async (_, index) => {
      const response = await first.get3w.submit(MODEL, { requestId: `job-${index}` }).catch(() => null);
      if (response?.status === 200) answered.push(((await response.json()) as { id: string }).id);
    });
    await eventually(() => answered.length).toBeGreaterThan(20);
    await first.stop('SIGKILL');
    await Promise.allSettled(submitting);

    const { get3w } = await serve();
    const tasks = await Promise.all(answered.map((id) => get3w.untilEnded(id)));
    expect(tasks.every(({ status }) => status === 'completed')).toBe(true);
    const ledger = await get3w.ledger();
    expect(ledger.accepted).toBeGreaterThanOrEqual(answered.length);
    expect(Object.values(ledger.tasks).every(({ accepted }) => accepted === 1)).toBe(true);
  });

  it('nothing is lost when it happens again and again', async () => {
    for (let round = 1; round <= 3; round += 1) {
      const { get3w, stop } = await serve('--settings', '{"durationMs":1}');
      await get3w.untilEnded(await get3w.accepted('simulator/5003/text-to-image', { requestId: 'job' }));
      expect((await get3w.ledger()).tasks['job']).toEqual({ accepted: round, charged: round, refunded: round });
      await stop('SIGKILL');
    }
  });
});

describe('after SIGTERM', () => {
  it('the command exits with 0, although a task runs and a client waits', async () => {
    const { get3w, stop } = await serve();
    await get3w.accepted('simulator/0/text-to-image', { requestId: 'job' });
    const waiting = get3w.submit('simulator/hang/text-to-image').catch(() => 'cut off');
    await eventually(async () => (await get3w.ledger()).running).toBe(2);
    expect(await stop('SIGTERM')).toBe(0);
    expect(await waiting).toBe('cut off');
  });
});

describe('the journal', () => {
  const path = (): string => join(dataDir, 'simulator.jsonl');

  async function oneTask(): Promise<void> {
    const simulator = await startSimulator({ dataDir, settings: { durationMs: 5 } });
    const get3w = simulatorClient(simulator.url);
    await get3w.untilEnded(await get3w.accepted(MODEL, { requestId: 'job' }));
    await simulator.close();
  }

  it('with a torn last line is read up to that line, and new entries follow cleanly', async () => {
    await oneTask();
    appendFileSync(path(), '{"type":"accepted","task":{"id":"to');
    await oneTask();
    await oneTask();
    const simulator = await startSimulator({ dataDir });
    closing.push(simulator.close);
    expect(await simulatorClient(simulator.url).ledger()).toMatchObject({ accepted: 3, running: 0, maxRunning: 1 });
  });

  it('with an unreadable line in its middle is refused, its number named', async () => {
    await oneTask();
    const [first, ...rest] = readFileSync(path(), 'utf8').split('\n');
    writeFileSync(path(), [first, '{"type":', ...rest].join('\n'));
    await expect(startSimulator({ dataDir })).rejects.toThrow(/simulator\.jsonl: line 2 is unreadable/);
  });

  it('is compacted at the start to one line per task and one for the counts', async () => {
    await oneTask();
    await oneTask();
    const simulator = await startSimulator({ dataDir });
    await simulator.close();
    const types = readFileSync(path(), 'utf8')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { type: string }).type);
    expect(types).toEqual(['counts-restored', 'task-restored', 'task-restored']);
  });

  it('without the opening of its account loses no task by being compacted', async () => {
    await oneTask();
    const lines = readFileSync(path(), 'utf8').split('\n');
    writeFileSync(path(), lines.filter((line) => !/counts-restored|balance-set/.test(line)).join('\n'));
    for (let start = 1; start <= 2; start += 1) {
      const simulator = await startSimulator({ dataDir });
      expect(await simulatorClient(simulator.url).ledger()).toMatchObject({ accepted: 1, charged: 1, running: 0 });
      await simulator.close();
    }
  });

  it('is not touched by a second process that finds the port in use', async () => {
    const simulator = await startSimulator({ dataDir, settings: { durationMs: 5 } });
    closing.push(simulator.close);
    const get3w = simulatorClient(simulator.url);
    await expect(startSimulator({ dataDir, port: simulator.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await get3w.untilEnded(await get3w.accepted(MODEL));
    expect(readFileSync(path(), 'utf8')).toContain('"type":"ended"');
  });
});

describe('the command', () => {
  it.each([
    [['--port', '70000'], /must be a number from 0 to 65535/],
    [['--settings', '{"faults":{"77":1}}'], /--settings: faults\["77"\] is unknown/],
  ])('says what is wrong with %j', async (options, reason) => {
    const child = spawn(process.execPath, [command, ...options], { stdio: ['ignore', 'ignore', 'pipe'] });
    let told = '';
    child.stderr.on('data', (chunk: Buffer) => (told += chunk.toString()));
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect([code, told]).toEqual([1, expect.stringMatching(reason)]);
  });
});
