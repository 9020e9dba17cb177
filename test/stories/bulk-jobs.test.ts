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
const FEW_TASKS = 120;
const AT_ONCE = 12;

let relay: RelayProcess;
let commands: RelayCommands;
let client: RelayClient;

beforeAll(async () => {
  relay = await startRelay();
  commands = relayCommands(relay.commandLineTarget);
  client = new RelayClient(relay.url, relay.apiKey);
  await commands.json(['gate', 'pause']);
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

it('is made from every filter of the list by `tasks cancel`, and goes on when the command is interrupted', async () => {
  const before = new Date().toISOString();
  await submitWaiting(FEW_TASKS);
  const many = ['tasks', 'cancel', '--model', 'simulator/0/*', '--since', '1h', '--to', '0s', '--status', 'waiting'];
  const estimated = async () => (await commands.json<{ tasks: number }>([...many, '--dry-run'])).tasks;
  await expect.poll(estimated, { timeout: 20_000 }).toBe(FEW_TASKS);
  expect(await commands.json([...many, '--met', '429', '--dry-run'])).toMatchObject({ tasks: 0 });
  expect(await commands.json(['jobs', 'cancel', '--to', before, '--status', 'waiting', '--dry-run'])).toMatchObject({
    tasks: 0,
    filter: { to: before, status: 'waiting' },
  });
  const asked = await commands.run(many);
  expect([asked.exitCode, asked.stderr]).toEqual([2, expect.stringMatching(/This would cancel 120 tasks.\nAdd --yes/)]);

  const running = commands.start([...many, '--yes', '--reason', 'wrong prompt']);
  await expect.poll(running.stderr, { timeout: 20_000, interval: 20 }).toMatch(/Job job_/);
  running.interrupt();
  const { exitCode, stderr } = await running.ended;
  const id = /jobs stop (job_[\da-f-]+)/.exec(stderr)?.[1] ?? '';
  expect([exitCode, stderr]).toEqual([130, expect.stringContaining('The job goes on without this command.')]);
  const statusOf = async () => (await commands.json<PublicJob>(['jobs', 'show', id])).status;
  await expect.poll(statusOf, { timeout: 30_000 }).toBe('done');
  expect(await commands.json(['jobs', 'show', id])).toMatchObject({ done: FEW_TASKS, reason: 'wrong prompt' });
});

it('refuses a filter beside an id, so that nothing is changed by mistake', async () => {
  const id = await client.submit(MODEL);
  for (const options of [['--dry-run'], ['--model', MODEL], ['--since', '2h']]) {
    const { exitCode, stderr } = await commands.run(['tasks', 'cancel', id, ...options]);
    expect([exitCode, stderr]).toEqual([
      2,
      expect.stringContaining('A task was named, and options that are for many.'),
    ]);
  }
  expect((await commands.run(['tasks', 'cancel', '--yes'])).stderr).toContain('Nothing says which tasks are meant.');
  expect((await client.get(id)).status).toBe('created');
  await commands.json(['tasks', 'cancel', id]);
});

it('lists on where a page ended, within the hours that its first page meant', async () => {
  const list = ['tasks', 'list', '--since', '1h', '--limit', '2'];
  interface Page {
    readonly data: readonly { readonly id: string }[];
    readonly next_cursor: string;
  }
  const first = await commands.json<Page>(list);
  const second = await commands.json<Page>([...list, '--cursor', first.next_cursor]);
  const whole = await commands.json<Page>(['tasks', 'list', '--since', '1h', '--limit', '4']);
  expect([...first.data, ...second.data].map(({ id }) => id)).toEqual(whole.data.map(({ id }) => id));
  const moved = await commands.run(['tasks', 'list', '--cursor', first.next_cursor]);
  expect([moved.exitCode, moved.stderr]).toEqual([2, expect.stringContaining('not one of this list')]);
});
