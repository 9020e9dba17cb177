// A model dies on a running relay: 600 of its tasks wait, and one job cancels them, by the API and again by the command line.
// How a job goes on after a crash is job-calls.test.ts's.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RelayClient } from '../support/relay-client.ts';
import { relayCommands } from '../support/relay-commands.ts';
import { startRelay } from '../support/relay-process.ts';
import type { PublicJob } from '../../core/http/public-job.ts';
import type { RelayCommands } from '../support/relay-commands.ts';
import type { RelayProcess } from '../support/relay-process.ts';

const MODEL = 'simulator/0/text-to-image';
const TASKS = 600;
const AT_ONCE = 12;

let relay: RelayProcess;
let commands: RelayCommands;
let client: RelayClient;

beforeAll(async () => {
  relay = await startRelay();
  commands = relayCommands(relay.commandLineTarget);
  client = new RelayClient(relay.url, relay.apiKey);
});
afterAll(() => relay.stop());

async function submitWaiting(count: number): Promise<void> {
  for (let sent = 0; sent < count; sent += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, () => client.submit(MODEL)));
  }
}

async function startJob(body: object): Promise<PublicJob> {
  return (await client.call<PublicJob>('POST', '/v1/jobs', { body })).body;
}

async function shown({ id }: PublicJob): Promise<PublicJob> {
  return (await client.call<PublicJob>('GET', `/v1/jobs/${id}`)).body;
}

it('cancels 600 waiting tasks by one job, after an estimate, with progress', async () => {
  await commands.json(['gate', 'pause']);
  await submitWaiting(TASKS);
  const filter = { status: 'waiting', model: MODEL };
  const estimated = async () =>
    (await client.call<{ tasks: number }>('POST', '/v1/jobs', { body: { action: 'cancel', filter, dry_run: true } }))
      .body.tasks;
  await expect.poll(estimated, { timeout: 20_000 }).toBe(TASKS);
  const job = await startJob({ action: 'cancel', filter, reason: 'the model is dead' });
  expect(job).toMatchObject({ status: 'running', expected: TASKS, seen: 0 });
  const progress: number[] = [];
  const ended = async (): Promise<string> => {
    const { seen, status } = await shown(job);
    progress.push(seen);
    return status;
  };
  await expect.poll(ended, { timeout: 60_000, interval: 100 }).toBe('done');
  expect(await shown(job)).toMatchObject({ done: TASKS, skipped: 0, failed: 0, last_error: null });
  expect(progress.some((seen) => seen > 0 && seen < TASKS)).toBe(true);
  expect(progress).toEqual(progress.toSorted((one, other) => one - other));
  await expect.poll(estimated, { timeout: 10_000 }).toBe(0);
});

it('is stopped, and finished by the command line', async () => {
  await submitWaiting(TASKS / 2);
  const job = await startJob({ action: 'cancel', filter: { status: 'waiting' } });
  await commands.json(['jobs', 'stop', job.id]);
  await expect.poll(async () => (await shown(job)).status, { timeout: 20_000 }).toBe('stopped');
  const { done } = await shown(job);
  expect(done).toBeLessThan(TASKS / 2);
  const arguments_ = ['jobs', 'cancel', '--status', 'waiting', '--model', 'simulator/0/text-to-image'];
  expect(await commands.json([...arguments_, '--dry-run'])).toMatchObject({ tasks: TASKS / 2 - done });
  const over = await commands.json<PublicJob>([...arguments_, '--yes', '--reason', 'the model is dead']);
  expect(over).toMatchObject({ status: 'done', done: TASKS / 2 - done, account: '*', reason: 'the model is dead' });
  const { data } = await commands.json<{ data: readonly PublicJob[] }>(['jobs', 'list']);
  expect(data.map(({ id }) => id)).toEqual([over.id, job.id, expect.any(String)]);
});
