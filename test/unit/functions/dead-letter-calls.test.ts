// Dead letters over the API: what of them operators read, and that sending back is bounded, on the record, and says what is left.
import { beforeEach, describe, expect, it } from 'vitest';
import { ApiDoor, doorAccountId, doorKey } from '../../support/api-door.ts';
import { NOW } from '../../support/sample-task.ts';
import type { Queue } from '../../../core/contract/messages.ts';
import type { DeadLetter } from '../../../core/ports/dead-letters.ts';

const key = doorKey('operator');
const TASK_ID = '019b0000-0000-7000-8000-000000000001';

let door: ApiDoor;

beforeEach(async () => {
  door = await ApiDoor.open();
});

function letter(messageId: string, doorbell: object | string, sentAt = NOW): DeadLetter {
  const body = typeof doorbell === 'string' ? doorbell : JSON.stringify(doorbell);
  return { messageId, body, sentAt, receiveCount: 10 };
}

function lay(queue: Queue, ...letters: readonly DeadLetter[]): void {
  door.relay.letters.lying.set(queue, [...letters]);
}

async function queuesOf(query = ''): Promise<readonly object[]> {
  const { status, body } = await door.call('GET', `/v1/dead-letters${query}`, { key });
  expect(status).toBe(200);
  return (body as { queues: readonly object[] }).queues;
}

function redrive(body: object) {
  return door.call('POST', '/v1/dead-letters/redrive', { key, body });
}

describe('the list of dead letters', () => {
  it('has each with what it is about and why it failed, the oldest first, and takes nothing away', async () => {
    lay(
      'settle',
      letter('m2', { kind: 'outcome', taskId: TASK_ID, attempt: 2, body: '{"outputs":["https://secret"]}' }),
    );
    lay(
      'dispatch',
      letter('m1', { kind: 'task', taskId: TASK_ID, attempt: 1 }),
      letter('m0', 'no doorbell', NOW - 60_000),
    );
    const error = { name: 'RelayError', code: 'decision-unsound', text: 'a slot too many' };
    door.relay.letters.causes.push({ messageId: 'm1', service: 'dispatch', at: NOW, receiveCount: 9, error });
    const [dispatch, settle, ...others] = await queuesOf();
    expect(dispatch).toMatchObject({
      queue: 'dispatch',
      messages: 2,
      oldest_sent_at: new Date(NOW - 60_000).toISOString(),
      letters: [
        { message_id: 'm0', kind: null, unknown_text: 'no doorbell', cause: null },
        {
          message_id: 'm1',
          kind: 'task',
          request_id: TASK_ID,
          attempt: 1,
          unknown_text: null,
          cause: { ...error, at: new Date(NOW).toISOString() },
        },
      ],
    });
    expect(settle).toMatchObject({ letters: [{ kind: 'outcome', request_id: TASK_ID, attempt: 2 }] });
    expect(JSON.stringify(settle)).not.toContain('secret');
    expect(others).toMatchObject([
      { queue: 'deliver' },
      { queue: 'keep' },
      { queue: 'jobs', messages: 0, letters: [] },
    ]);
    expect(await queuesOf()).toHaveLength(5);
    expect(door.relay.letters.sentBack).toEqual([]);
  });

  it('shows as many as are asked for, of the queue that is asked for, and counts those that others read', async () => {
    lay('keep', ...Array.from({ length: 30 }, (_, index) => letter(`m${index}`, { kind: 'keep', taskId: TASK_ID })));
    door.relay.letters.hidden.set('keep', 4);
    const [shown, ...others] = await queuesOf('?queue=keep&limit=3');
    expect(others).toEqual([]);
    expect(shown).toMatchObject({ messages: 34, hidden: 4, letters: [{}, {}, {}] });
    expect((shown as { letters: unknown[] }).letters).toHaveLength(3);
    const { status, body } = await door.call('GET', '/v1/dead-letters?queue=sweep', { key });
    expect(status).toBe(400);
    expect((body as { details: string }).details).toMatch(/one of dispatch, settle, deliver/);
  });
});

describe('sending dead letters back', () => {
  it('moves those of one queue, or of all, and is on the record with its reason', async () => {
    lay('dispatch', letter('m1', { kind: 'task', taskId: TASK_ID, attempt: 1 }));
    lay('jobs', letter('m2', { kind: 'job', jobId: 'job_1' }));
    const one = await redrive({ queue: 'jobs', reason: 'the table is back' });
    expect(one.body).toEqual({ moved: 1, left: 0, queues: [{ queue: 'jobs', moved: 1, left: 0, error: null }] });
    expect((await redrive({ queue: 'all' })).body).toMatchObject({ moved: 1, left: 0 });
    expect((await redrive({ queue: 'all' })).body).toMatchObject({ moved: 0, left: 0 });
    expect(door.relay.letters.sentBack.map(({ messageId }) => messageId)).toEqual(['m2', 'm1']);
    const { body } = await door.call('GET', '/v1/audit?action=dead-letters.redrive', { key });
    const actor = { kind: 'key', account: doorAccountId('operator') };
    expect((body as { data: unknown }).data).toMatchObject([
      { target: 'all', outcome: 'done' },
      { target: 'all', outcome: 'done' },
      { target: 'jobs', reason: 'the table is back', outcome: 'done', actor },
    ]);
  });

  it('asks of a queue for what lay there at the start, and for a thousand at most', async () => {
    const { letters } = door.relay;
    const asked: number[] = [];
    letters.redrive = async (_queue, { max, onMoved }) => {
      asked.push(max);
      onMoved?.(max);
      return max;
    };
    lay('keep', letter('m1', { kind: 'keep', taskId: TASK_ID }), letter('m2', { kind: 'keep', taskId: TASK_ID }));
    expect((await redrive({ queue: 'keep' })).body).toMatchObject({ moved: 2, left: 0 });
    letters.count = async () => ({ waiting: 2_500, hidden: 0 });
    expect((await redrive({ queue: 'keep' })).body).toMatchObject({ moved: 1_000, left: 1_500 });
    expect(asked).toEqual([2, 1_000]);
  });

  it('stops in time, and says what is left for the next call', async () => {
    lay('deliver', ...Array.from({ length: 25 }, (_, index) => letter(`m${index}`, { kind: 'keep', taskId: TASK_ID })));
    const { now } = door.relay.clock;
    let calls = 0;
    // Each look at the clock is ten seconds after the one before.
    door.relay.clock.now = () => now.call(door.relay.clock) + 10_000 * (calls += 1);
    const first = await redrive({ queue: 'deliver' });
    const { moved, left } = first.body as { moved: number; left: number };
    expect(moved).toBeGreaterThan(0);
    expect(left).toBe(25 - moved);
    expect(left).toBeGreaterThan(0);
    door.relay.clock.now = now;
    expect((await redrive({ queue: 'deliver' })).body).toMatchObject({ moved: left, left: 0 });
  });

  it('begins nothing eight seconds after it began: the calls under way then end within the time of the API', async () => {
    lay('deliver', letter('m1', { kind: 'keep', taskId: TASK_ID }));
    const { clock, letters } = door.relay;
    const { now } = clock;
    const said: unknown[] = [];
    letters.redrive = async (_queue, { isOver }) => {
      for (const passedMs of [7_900, 8_000]) {
        clock.now = () => now.call(clock) + passedMs;
        said.push(isOver?.());
      }
      return 0;
    };
    await redrive({ queue: 'deliver' });
    expect(said).toEqual([false, true]);
  });

  it('tells of the queues that went well when one fails, and what that one moved before', async () => {
    lay('dispatch', letter('m1', { kind: 'task', taskId: TASK_ID, attempt: 1 }));
    lay('settle', letter('m2', { kind: 'task', taskId: TASK_ID, attempt: 1 }), letter('m3', 'no doorbell'));
    const { letters } = door.relay;
    const redriveWell = letters.redrive.bind(letters);
    letters.redrive = async (queue, options) => {
      if (queue !== 'settle') return redriveWell(queue, options);
      options.onMoved?.(1);
      throw Object.assign(new Error('a secret'), { name: 'TimeoutError' });
    };
    const countWell = letters.count.bind(letters);
    letters.count = (queue) => (queue === 'jobs' ? Promise.reject(new Error('a secret')) : countWell(queue));
    const { status, body } = await redrive({ queue: 'all' });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      moved: 2,
      left: 1,
      queues: [
        { queue: 'dispatch', moved: 1, left: 0, error: null },
        { queue: 'settle', moved: 1, left: 1, error: expect.stringMatching(/TimeoutError.*send back again/) as string },
        { queue: 'deliver', error: null },
        { queue: 'keep', error: null },
        { queue: 'jobs', moved: 0, left: null, error: expect.stringContaining('stopped early') as string },
      ],
    });
    expect(JSON.stringify(body)).not.toContain('secret');
    expect((await redrive({ queue: 'jobs' })).status).toBe(500);
  });

  it('that leaves some behind is on the record as done partly, with how many', async () => {
    lay('settle', letter('m1', { kind: 'task', taskId: TASK_ID, attempt: 1 }));
    door.relay.letters.hidden.set('settle', 2);
    await redrive({ queue: 'settle', reason: 'fixed' });
    door.relay.letters.hidden.clear();
    lay('settle', letter('m2', { kind: 'task', taskId: TASK_ID, attempt: 1 }), letter('m3', 'no doorbell'));
    door.relay.letters.redrive = async (_queue, { onMoved }) => {
      onMoved?.(1);
      throw Object.assign(new Error('a secret'), { name: 'TimeoutError' });
    };
    await redrive({ queue: 'all' });
    const { body } = await door.call('GET', '/v1/audit?action=dead-letters.redrive', { key });
    expect((body as { data: unknown }).data).toMatchObject([
      { target: 'all', outcome: 'partly', error: '1 sent back, 1 left; settle stopped with TimeoutError' },
      { target: 'settle', outcome: 'partly', error: '1 sent back, 2 left', reason: 'fixed' },
    ]);
  });

  it('counts what somebody else reads just now among what is left', async () => {
    lay('settle', letter('m1', { kind: 'task', taskId: TASK_ID, attempt: 1 }));
    door.relay.letters.hidden.set('settle', 2);
    expect((await redrive({ queue: 'settle' })).body).toMatchObject({ moved: 1, left: 2 });
  });

  it.each([
    [{}, /queue must be one of/],
    [{ queue: 'sweep' }, /queue must be one of/],
    [{ queue: 'all', max: 3 }, /max is not known/],
    [{ queue: 'all', reason: ' ' }, /reason must be a text/],
    [{ queue: 'all', reason: 7 }, /reason must be a text/],
  ])('is refused for %j', async (body, details) => {
    lay('settle', letter('m1', { kind: 'task', taskId: TASK_ID, attempt: 1 }));
    const reply = await redrive(body);
    expect(reply.status).toBe(400);
    expect((reply.body as { details: string }).details).toMatch(details);
    expect(door.relay.letters.sentBack).toEqual([]);
  });
});
