// The simulator over ports of a test: a clock that is stepped, timers that are data, a journal in memory. This is how it
// runs where there is no process to keep it (a function, a simulation): timers may be early, late, doubled or lost.
import { beforeEach, describe, expect, it } from 'vitest';
import { planAttempt } from '../../../simulator/attempt-plan.ts';
import { defaultSettings } from '../../../simulator/simulator-settings.ts';
import { success } from '../../../simulator/simulator-steps.ts';
import { Simulator } from '../../../simulator/simulator.ts';
import { eventually } from '../../support/eventually.ts';
import { FixedRandomSource } from '../../support/memory/fixed-random-source.ts';
import type { TaskObject, WebhookResult } from '../../../simulator/simulated-task.ts';
import type { SimulatorAnswer } from '../../../simulator/simulator-answers.ts';
import type { SimulatorOptions } from '../../../simulator/simulator.ts';
import type { Due, SimulatorJournal, SimulatorPorts } from '../../../simulator/simulator-ports.ts';
import type { SettingsChange } from '../../../simulator/simulator-settings.ts';
import type { JournalEntry } from '../../../simulator/simulator-state.ts';

const WEEK_MS = 7 * 24 * 60 * 60 * 1_000;

let nowMs: number;
let lines: string[];
let timers: { atMs: number; due: Due }[];
let posted: TaskObject[];
let faults: unknown[];
let webhookResult: Promise<WebhookResult>;
let journalFails: boolean;
let timersFail: boolean;

beforeEach(() => {
  nowMs = Date.parse('2026-01-01T00:00:00Z');
  [lines, timers, posted, faults] = [[], [], [], []];
  webhookResult = Promise.resolve({ status: 200 });
  [journalFails, timersFail] = [false, false];
});

/** What a process knows of the journal that it shares with others: through text, as any real store would have it. */
function openJournal(): SimulatorJournal {
  let known = 0;
  return {
    read: async () => {
      const news = lines.slice(known).map((line) => JSON.parse(line) as JournalEntry);
      known = lines.length;
      return news;
    },
    append: async (entry) => {
      if (journalFails) throw new Error('the store is away');
      if (known !== lines.length) return false;
      known = lines.push(JSON.stringify(entry));
      return true;
    },
  };
}

let ids = 0;
const portsBeside: Omit<SimulatorPorts, 'journal'> = {
  now: () => nowMs,
  random: () => 0.5,
  newId: () => `task-${(ids += 1)}`,
  schedule: async (delayMs, due) => {
    if (timersFail) throw new Error('the queue is away');
    timers.push({ atMs: nowMs + delayMs, due });
  },
  sleep: async (delayMs) => void (nowMs += delayMs),
  callWebhook: (_url, bodyText) => {
    posted.push(JSON.parse(bodyText) as TaskObject);
    return webhookResult;
  },
  reportFault: (error) => void faults.push(error),
};

/** A process like any other over the same store: what it knew and its timers die with it. */
async function open(settings: SettingsChange = {}): Promise<Simulator> {
  timers = [];
  return openBeside({ settings });
}

/** A process beside those that run already: the journal is all that they share, and timers come to either. */
async function openBeside({ settings = {}, ...options }: SimulatorOptions = {}): Promise<Simulator> {
  const ports = { ...portsBeside, journal: openJournal() };
  return Simulator.open(ports, { ...options, settings: { durationMs: 1_000, ...settings } });
}

function call(
  simulator: Simulator,
  method: string,
  path: string,
  query: string = '',
  bodyText: string = '{"prompt":"a lighthouse"}',
): Promise<SimulatorAnswer> {
  return simulator.handle({
    method,
    path,
    query: new URLSearchParams(query),
    headers: { authorization: 'Bearer sk_test', host: 'get3w.test', 'x-forwarded-proto': 'https' },
    bodyText,
  });
}

async function submit(simulator: Simulator, query: string = 'webhook=https://relay.test/hook'): Promise<string> {
  const answer = await call(simulator, 'POST', '/v1/any/model/task', query);
  return (JSON.parse(String(answer.body)) as { id: string }).id;
}

async function poll(simulator: Simulator, id: string): Promise<TaskObject> {
  return JSON.parse(String((await call(simulator, 'GET', `/v1/requests/${id}`)).body)) as TaskObject;
}

/** Steps the clock and fires what is then due. */
async function pass(simulator: Simulator, ms: number): Promise<void> {
  nowMs += ms;
  while (timers.some(({ atMs }) => atMs <= nowMs)) {
    const due = timers.filter(({ atMs }) => atMs <= nowMs);
    timers = timers.filter(({ atMs }) => atMs > nowMs);
    for (const timer of due) await simulator.perform(timer.due);
  }
}

describe('a status', () => {
  it('goes from created over processing to completed, as the clock does', async () => {
    const simulator = await open();
    const id = await submit(simulator);
    expect(await poll(simulator, id)).toMatchObject({ status: 'created', code: null, outputs: null, error: null });
    await pass(simulator, 100);
    expect(await poll(simulator, id)).toMatchObject({ status: 'processing', code: null, outputs: null, error: null });
    await pass(simulator, 900);
    expect(await poll(simulator, id)).toMatchObject({ status: 'completed', code: 0, error: null });
  });
});

describe('timers', () => {
  it('end a task at its time and then call its webhook', async () => {
    const simulator = await open();
    const id = await submit(simulator);
    await pass(simulator, 999);
    expect(await poll(simulator, id)).toMatchObject({ status: 'processing' });
    await pass(simulator, 1);
    expect(await poll(simulator, id)).toMatchObject({ status: 'completed' });
    expect(posted).toMatchObject([{ id, status: 'completed', outputs: [`https://get3w.test/outputs/${id}.png`] }]);
  });

  it('that come too early are set again, and doubled ones do nothing', async () => {
    const simulator = await open();
    const id = await submit(simulator);
    const [finish] = timers.splice(0);
    await simulator.perform(finish!.due);
    expect(await poll(simulator, id)).not.toMatchObject({ status: 'completed' });
    await pass(simulator, 1_000);
    await simulator.perform(finish!.due);
    await simulator.perform({ kind: 'call', taskId: id, call: 0 });
    expect(posted).toHaveLength(1);
    expect(lines.filter((line) => line.includes('"type":"ended"'))).toHaveLength(1);
  });

  it('doubled while the call is under way do not double the call', async () => {
    const answer = Promise.withResolvers<WebhookResult>();
    webhookResult = answer.promise;
    const simulator = await open();
    const id = await submit(simulator);
    nowMs += 1_000;
    await poll(simulator, id);
    const due: Due = { kind: 'call', taskId: id, call: 0 };
    const calls = [simulator.perform(due), simulator.perform(due)];
    answer.resolve({ status: 200 });
    await Promise.all(calls);
    expect(posted).toHaveLength(1);
  });

  it('that never come do not keep a poll from seeing the end', async () => {
    const simulator = await open();
    const id = await submit(simulator);
    nowMs += 1_000;
    expect(await poll(simulator, id)).toMatchObject({ status: 'completed' });
  });

  it('of tasks deleted by a reset do nothing', async () => {
    const simulator = await open();
    await submit(simulator);
    await call(simulator, 'POST', '/_simulator/reset');
    await pass(simulator, 1_000);
    expect(posted).toEqual([]);
    expect(faults).toEqual([]);
  });
});

describe('a new process over the same journal', () => {
  it('ends at once what became due in between, and calls the webhook', async () => {
    const id = await submit(await open());
    nowMs += 60_000;
    const simulator = await open();
    await pass(simulator, 0);
    expect(posted).toMatchObject([{ id, status: 'completed' }]);
    expect(await poll(simulator, id)).toMatchObject({ status: 'completed' });
  });

  it('waits for what is not due yet', async () => {
    const id = await submit(await open());
    nowMs += 400;
    const simulator = await open();
    await pass(simulator, 599);
    expect(await poll(simulator, id)).toMatchObject({ status: 'processing' });
    await pass(simulator, 1);
    expect(posted).toHaveLength(1);
  });

  it('calls again when the old one died during the call, and not when it had been answered', async () => {
    const first = await open();
    await submit(first);
    webhookResult = new Promise(() => {});
    nowMs += 1_000;
    const [finish] = timers.splice(0);
    await first.perform(finish!.due);
    void first.perform(timers[0]!.due);
    await eventually(() => posted.length).toBe(1);

    webhookResult = Promise.resolve({ error: 'refused' });
    await pass(await open(), 0);
    expect(posted).toHaveLength(2);
    await pass(await open(), 0);
    expect(posted).toHaveLength(2);
  });
});

describe('processes that share a journal', () => {
  const accepted = (answers: readonly SimulatorAnswer[]): number =>
    answers.filter(({ status }) => status === 200).length;

  it('share one limit, one ledger and one script, whichever of them is asked', async () => {
    const both = [
      await openBeside({ settings: { concurrency: 7 } }),
      await openBeside({ settings: { concurrency: 7 } }),
    ];
    const of = (index: number): Simulator => both[index % 2]!;
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => call(of(index), 'POST', '/v1/any/model/task')),
    );
    expect(accepted(answers)).toBe(7);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(13);
    await pass(of(0), 1_000);
    for (const [index, status] of [500, 429, 200].entries()) {
      const answer = await call(of(index), 'POST', '/v1/simulator/500.429.0/task');
      expect(answer.status).toBe(status);
    }
    const ledgers = await Promise.all(both.map((simulator) => call(simulator, 'GET', '/_simulator/ledger')));
    expect(ledgers.map(({ body }) => JSON.parse(String(body)))).toEqual(
      Array.from({ length: 2 }, () => expect.objectContaining({ accepted: 8, charged: 8, running: 1, maxRunning: 7 })),
    );
  });

  it('end a task once and call its webhook once, though both see it due', async () => {
    const both = [await openBeside(), await openBeside()] as const;
    const id = await submit(both[0]);
    nowMs += 1_000;
    const seen = await Promise.all(both.map((simulator) => poll(simulator, id)));
    expect(seen).toMatchObject([{ status: 'completed' }, { status: 'completed' }]);
    await pass(both[1], 0);
    await pass(both[0], 0);
    expect(posted).toHaveLength(1);
    expect(lines.filter((line) => line.includes('"type":"ended"'))).toHaveLength(1);
  });

  it('reset together, and settings changed by one apply to the other', async () => {
    const [one, other] = [await openBeside(), await openBeside()];
    await call(one, 'PUT', '/_simulator/settings', '', '{"faults":{"500":1}}');
    expect((await call(other, 'POST', '/v1/any/model/task')).status).toBe(500);
    await call(other, 'POST', '/_simulator/reset');
    expect((await call(one, 'POST', '/v1/any/model/task')).status).toBe(200);
  });
});

describe('timers that outlive the process', () => {
  const lasting = { timerLostAfterMs: 60_000 };

  it('are left alone by the next one, until they are long overdue', async () => {
    const id = await submit(await openBeside(lasting));
    const before = timers.length;
    nowMs += 50_000;
    await openBeside(lasting);
    expect(timers).toHaveLength(before);
    timers = [];
    nowMs += 20_000;
    await pass(await openBeside(lasting), 0);
    expect(posted).toMatchObject([{ id, status: 'completed' }]);
  });

  it('that could not be set are reported, and set again by a later process', async () => {
    const simulator = await openBeside(lasting);
    timersFail = true;
    const id = await submit(simulator);
    expect(faults).toMatchObject([{ message: 'the queue is away' }]);
    timersFail = false;
    nowMs += 70_000;
    await pass(await openBeside(lasting), 0);
    expect(posted).toMatchObject([{ id }]);
  });

  it('of calls are set again by the timer of the end when it is redelivered', async () => {
    const simulator = await openBeside(lasting);
    await submit(simulator);
    const [finish] = timers.splice(0);
    nowMs += 1_000;
    await simulator.perform(finish!.due);
    timers = [];
    await simulator.perform(finish!.due);
    expect(timers).toEqual([]);
    nowMs += 70_000;
    await simulator.perform(finish!.due);
    await pass(simulator, 0);
    expect(posted).toHaveLength(1);
  });
});

describe('where others can reach it', () => {
  const guarded = { apiKeys: ['the-key'], isControlGuarded: true, isHttpsOnly: true };

  it('requires the key before it shows or changes anything', async () => {
    const simulator = await openBeside(guarded);
    const asked = (authorization?: string) =>
      simulator.handle({
        ...{ method: 'GET', path: '/_simulator/ledger', query: new URLSearchParams(), bodyText: '' },
        headers: { authorization },
      });
    expect((await asked()).status).toBe(401);
    expect((await asked('Bearer sk_test')).status).toBe(401);
    expect((await asked('Bearer the-key')).status).toBe(200);
  });

  it('refuses to call webhooks in the clear', async () => {
    const simulator = await openBeside({ isHttpsOnly: true });
    const answerTo = async (webhook: string) =>
      (await call(simulator, 'POST', '/v1/any/model/task', `webhook=${encodeURIComponent(webhook)}`)).status;
    expect(await answerTo('http://169.254.100.1:9001/')).toBe(400);
    expect(await answerTo('https://relay.test/hook')).toBe(200);
  });
});

describe('a store that is away', () => {
  it('turns into 500 for the client and a fault for the operator', async () => {
    const simulator = await open();
    journalFails = true;
    const answer = await call(simulator, 'POST', '/v1/any/model/task');
    expect([answer.status, JSON.parse(String(answer.body))]).toEqual([500, { code: 500, error: 'Server error' }]);
    expect(faults).toMatchObject([{ message: 'the store is away' }]);
  });
});

describe('an early webhook', () => {
  it('leaves a task without a webhook its whole duration', async () => {
    const simulator = await open();
    const answer = await call(simulator, 'POST', '/v1/simulator/early/task');
    const { id } = JSON.parse(String(answer.body)) as { id: string };
    await pass(simulator, 999);
    expect(await poll(simulator, id)).toMatchObject({ status: 'processing' });
    await pass(simulator, 1);
    expect(await poll(simulator, id)).toMatchObject({ status: 'completed' });
  });

  it('that is lost does not come at all', async () => {
    const simulator = await open({ webhook: { early: 1, lost: 1 } });
    await submit(simulator);
    await pass(simulator, 1_000);
    expect(posted).toEqual([]);
  });
});

describe('a spread of durations', () => {
  it('keeps the mean that was set', () => {
    const randomSource = new FixedRandomSource(7);
    const random = (): number => randomSource.random();
    const settings = { ...defaultSettings, durationMs: 1_000, durationSigma: 0.5 };
    const drawnMs = Array.from({ length: 20_000 }, () => {
      const plan = planAttempt(success, settings, random, true);
      return plan.kind === 'made' ? (plan.task.durationMs ?? 0) : 0;
    });
    // The standard error of this mean is 4 ms; without the correction for the variance it would be 1,133 ms.
    expect(Math.abs(drawnMs.reduce((sum, ms) => sum + ms, 0) / drawnMs.length - 1_000)).toBeLessThan(20);
    const sortedMs = drawnMs.sort((a, b) => a - b);
    expect(sortedMs[10_000]).toBeGreaterThan(860);
    expect(sortedMs[10_000]).toBeLessThan(905);
  });
});

describe('time', () => {
  it('takes an output away after seven days', async () => {
    const simulator = await open();
    const id = await submit(simulator);
    await pass(simulator, 1_000);
    const status = async (): Promise<number> => (await call(simulator, 'GET', `/outputs/${id}.png`)).status;
    nowMs += WEEK_MS - 1;
    expect(await status()).toBe(200);
    nowMs += 1;
    expect(await status()).toBe(410);
  });

  it('brings a sync call its finished task, and 504 when the task takes longer than the gateway waits', async () => {
    const simulator = await open({ syncTimeoutMs: 60_000 });
    const startedAtMs = nowMs;
    const quick = await call(simulator, 'POST', '/v1/any/model/task', 'sync=true');
    expect(JSON.parse(String(quick.body))).toMatchObject({ status: 'completed' });
    expect(nowMs - startedAtMs).toBe(1_000);
    const never = await call(simulator, 'POST', '/v1/simulator/never/task', 'sync=true');
    expect(never.status).toBe(504);
    expect(nowMs - startedAtMs).toBe(61_000);

    await call(simulator, 'PUT', '/_simulator/settings', '', '{"durationMs":90000}');
    const slow = await call(simulator, 'POST', '/v1/any/model/task', 'sync=true&webhook=https://relay.test/hook');
    expect(slow.status).toBe(504);
    await pass(simulator, 30_000);
    expect(posted).toMatchObject([{ status: 'completed' }]);
  });
});
