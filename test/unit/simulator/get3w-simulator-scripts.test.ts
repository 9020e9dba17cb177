// Scripted models: what each step does to the answer, the task, the webhook and the ledger, and how attempts are
// counted. The steps come from the error catalogue, so a new code is tried without touching this file.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorCatalogue } from '../../../core/domain/error-catalogue.ts';
import { startSimulator } from '../../../simulator/start-simulator.ts';
import { eventually } from '../../support/eventually.ts';
import { simulatorClient } from '../../support/simulator-client.ts';
import { openWebhookInbox } from '../../support/webhook-inbox.ts';
import type { RunningSimulator } from '../../../simulator/start-simulator.ts';
import type { SimulatorClient, TaskAnswer } from '../../support/simulator-client.ts';
import type { WebhookInbox } from '../../support/webhook-inbox.ts';

let simulator: RunningSimulator;
let get3w: SimulatorClient;
let inbox: WebhookInbox;
let jobs = 0;

beforeAll(async () => {
  simulator = await startSimulator({ settings: { durationMs: 20 } });
  get3w = simulatorClient(simulator.url);
  inbox = await openWebhookInbox();
});

afterAll(async () => {
  await Promise.all([simulator.close(), inbox.close()]);
});

/** A job of its own for every test: its request id, and the path of its webhook. */
function newJob(): { requestId: string; path: string; webhook: string } {
  jobs += 1;
  const path = `/hook-${jobs}`;
  return { requestId: `job-${jobs}`, path, webhook: inbox.url + path };
}

function scripted(steps: string): string {
  return `simulator/${steps}/text-to-image`;
}

function received(path: string): TaskAnswer[] {
  return inbox.received(path).map(({ bodyText }) => JSON.parse(bodyText) as TaskAnswer);
}

async function tasksOf(requestId: string): Promise<(TaskAnswer & { calls: unknown[] })[]> {
  const response = await fetch(`${simulator.url}/_simulator/tasks?request_id=${requestId}`);
  return ((await response.json()) as { tasks: (TaskAnswer & { calls: unknown[] })[] }).tasks;
}

/** Waits until the job's only task has ended and its webhook calls, as many as given, are over. */
async function settled(requestId: string, calls: number): Promise<void> {
  await eventually(async () => (await tasksOf(requestId)).map((task) => [task.status, task.calls.length])).toEqual([
    ['completed', calls],
  ]);
}

function codesOf(level: 'http' | 'task', documented: boolean): number[] {
  return errorCatalogue
    .filter((entry) => entry.level === level && entry.documented === documented && entry.code !== 200)
    .map((entry) => Number(entry.code));
}

describe('a task code as a step', () => {
  it.each(codesOf('task', true))('%i ends the task with that code, and calls its webhook', async (code) => {
    const { requestId, webhook, path } = newJob();
    const id = await get3w.accepted(scripted(String(code)), { requestId, webhook });
    const task = await get3w.untilEnded(id);
    const failed = code !== 0;
    expect(task).toMatchObject({ status: failed ? 'failed' : 'completed', code });
    expect(task.outputs === null).toBe(failed);
    const name = errorCatalogue.find((entry) => entry.level === 'task' && entry.code === code)?.name ?? '';
    expect(task.error ?? '').toMatch(failed ? new RegExp(`^${name}: .{10,}`, 'i') : /^$/);
    await eventually(() => received(path)).toEqual([task]);
    const refunded = code >= 5000 ? 1 : 0;
    expect((await get3w.ledger()).tasks[requestId]).toEqual({ accepted: 1, charged: 1, refunded });
  });
});

describe('an HTTP status as a step', () => {
  it.each(codesOf('http', true))("%i is answered with Get3W's own body, and makes no task", async (status) => {
    const { requestId } = newJob();
    const response = await get3w.submit(scripted(String(status)), { requestId });
    expect(response.status).toBe(status);
    const texts = errorCatalogue.find((entry) => entry.level === 'http' && entry.code === status)?.texts ?? [];
    expect(await response.json()).toEqual({ code: status, error: texts.at(-1) });
    expect((await get3w.ledger()).tasks).not.toHaveProperty(requestId);
  });

  it.each(codesOf('http', false))('%i is answered with HTML, and makes no task', async (status) => {
    const { requestId } = newJob();
    const response = await get3w.submit(scripted(String(status)), { requestId });
    expect([response.status, response.headers.get('content-type')]).toEqual([status, 'text/html; charset=utf-8']);
    expect(await response.text()).toMatch(/^<html>/);
    expect((await get3w.ledger()).tasks).not.toHaveProperty(requestId);
  });
});

describe('a broken connection as a step', () => {
  it('reset closes it and makes nothing', async () => {
    const { requestId } = newJob();
    await expect(get3w.submit(scripted('reset'), { requestId })).rejects.toThrow(TypeError);
    expect((await get3w.ledger()).tasks).not.toHaveProperty(requestId);
  });

  it('lost closes it after the task was made, which completes and calls its webhook', async () => {
    const { requestId, webhook, path } = newJob();
    await expect(get3w.submit(scripted('lost'), { requestId, webhook })).rejects.toThrow(TypeError);
    await settled(requestId, 1);
    expect(received(path)).toMatchObject([{ status: 'completed' }]);
    expect((await get3w.ledger()).tasks[requestId]).toEqual({ accepted: 1, charged: 1, refunded: 0 });
  });

  it('hang makes the task and leaves the client without an answer', async () => {
    const { requestId, webhook, path } = newJob();
    const givingUp = new AbortController();
    const answer = fetch(`${simulator.url}/v1/${scripted('hang')}?webhook=${encodeURIComponent(webhook)}`, {
      method: 'POST',
      headers: { authorization: 'Bearer sk_test', 'x-request-id': requestId },
      body: '{"prompt":"a lighthouse"}',
      signal: givingUp.signal,
    }).then(
      () => 'answered',
      (error: Error) => error.name,
    );
    await settled(requestId, 1);
    expect(received(path)).toHaveLength(1);
    givingUp.abort();
    expect(await answer).toBe('AbortError');
  });

  it('garbled makes the task and answers 200 with HTML', async () => {
    const { requestId, webhook } = newJob();
    const response = await get3w.submit(scripted('garbled'), { requestId, webhook });
    expect(response.status).toBe(200);
    expect(await response.text()).toMatch(/^<html>/);
    await settled(requestId, 1);
  });
});

describe('an odd webhook as a step', () => {
  it('silent completes without one', async () => {
    const { requestId, webhook, path } = newJob();
    await get3w.accepted(scripted('silent'), { requestId, webhook });
    await settled(requestId, 0);
    // A later job's webhook has come: had there been one for this job, it would have come before.
    const later = newJob();
    await get3w.accepted(scripted('0'), later);
    await eventually(() => received(later.path)).toHaveLength(1);
    expect(received(path)).toEqual([]);
  });

  it('twice sends the same one two times', async () => {
    const { requestId, webhook, path } = newJob();
    await get3w.accepted(scripted('twice'), { requestId, webhook });
    await settled(requestId, 2);
    const [first, second, ...more] = received(path);
    expect(first).toMatchObject({ status: 'completed' });
    expect(second).toEqual(first);
    expect(more).toEqual([]);
  });

  it('early sends it before the answer, and only once', async () => {
    const { requestId, webhook, path } = newJob();
    const response = await get3w.submit(scripted('early'), { requestId, webhook });
    const before = received(path);
    expect(await response.json()).toMatchObject({ id: before[0]?.id, status: 'created' });
    expect(before).toMatchObject([{ status: 'completed' }]);
    await settled(requestId, 1);
    expect(received(path)).toHaveLength(1);
  });

  it('early without a webhook is an ordinary success', async () => {
    const id = await get3w.accepted(scripted('early'));
    expect(await get3w.untilEnded(id)).toMatchObject({ status: 'completed' });
  });

  it('never stays processing and keeps its slot', async () => {
    const { requestId, webhook } = newJob();
    const runningBefore = (await get3w.ledger()).running;
    const id = await get3w.accepted(scripted('never'), { requestId, webhook });
    const other = await get3w.accepted(scripted('0'));
    await get3w.untilEnded(other);
    expect(await get3w.poll(id)).toMatchObject({ status: 'processing', code: null });
    expect((await get3w.ledger()).running).toBe(runningBefore + 1);
  });
});

describe('a script', () => {
  it.each(['nonsense', '5003.nonsense', '200', '5003.', '', '05003', '1e3', '0,0', '9999', '0.'.repeat(100) + '0'])(
    'with the unknown step in %j is not found',
    async (steps) => {
      const response = await get3w.submit(`simulator/${encodeURIComponent(steps)}/text-to-image`);
      expect([response.status, await response.json()]).toEqual([404, { code: 404, error: 'Not found' }]);
    },
  );

  it('takes one step per attempt of a relay task, and repeats the last', async () => {
    const { requestId } = newJob();
    const outcome = async (): Promise<number | null> => {
      const response = await get3w.submit(scripted('5003.429.0'), { requestId, sync: true });
      return ((await response.json()) as TaskAnswer).code;
    };
    expect([await outcome(), await outcome(), await outcome(), await outcome()]).toEqual([5003, 429, 0, 0]);
    expect((await get3w.ledger()).tasks[requestId]).toEqual({ accepted: 3, charged: 3, refunded: 1 });
  });

  it('counts the attempts of each relay task apart, and of each script', async () => {
    const [one, two] = [newJob(), newJob()];
    const status = async (requestId: string, steps: string): Promise<number> =>
      (await get3w.submit(scripted(steps), { requestId })).status;
    expect(await status(one.requestId, '500.0')).toBe(500);
    expect(await status(two.requestId, '500.0')).toBe(500);
    expect(await status(one.requestId, '500.0')).toBe(200);
    expect(await status(one.requestId, '429.0')).toBe(429);
    expect(await status(two.requestId, '500.0')).toBe(200);
  });

  it('takes calls without a request id for one job while they are the same, and then begins again', async () => {
    const status = async (prompt: string): Promise<number> =>
      (await get3w.submit(scripted('429.500.0'), { body: { prompt } })).status;
    expect([await status('a'), await status('a'), await status('b')]).toEqual([429, 500, 429]);
    expect([await status('a'), await status('b'), await status('a')]).toEqual([200, 500, 429]);
  });

  it('takes no step for a call that is refused in earnest', async () => {
    const limited = await startSimulator({ settings: { durationMs: 20, concurrency: 0 } });
    try {
      const client = simulatorClient(limited.url);
      const status = async (options: object = {}): Promise<number> =>
        (await client.submit(scripted('500.0'), { requestId: 'job', ...options })).status;
      expect(await status()).toBe(429);
      expect(await status({ body: '' })).toBe(400);
      expect(await status({ authorization: null })).toBe(401);
      await client.putSettings({ concurrency: 1 });
      expect([await status(), await status()]).toEqual([500, 200]);
    } finally {
      await limited.close();
    }
  });

  it('is not touched by the fault rates', async () => {
    const faulty = await startSimulator({ settings: { durationMs: 20, faults: { '500': 1 }, webhook: { lost: 1 } } });
    try {
      const client = simulatorClient(faulty.url);
      const { webhook, path } = newJob();
      expect((await client.submit('any/model/task')).status).toBe(500);
      await client.accepted(scripted('0'), { webhook });
      await eventually(() => received(path)).toHaveLength(1);
    } finally {
      await faulty.close();
    }
  });
});
