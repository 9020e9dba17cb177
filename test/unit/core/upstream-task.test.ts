// Nonsense from the other side: what Get3W, or who answers in its place, may write into a task object.
import { describe, expect, it } from 'vitest';
import { readTask, soundTask, taskItem } from '../../../core/adapters/dynamodb/task-item.ts';
import { eventItem, readEvent } from '../../../core/adapters/dynamodb/event-item.ts';
import { defaultRetention } from '../../../core/domain/retention-settings.ts';
import { cutText } from '../../../core/domain/cut-text.ts';
import { parseExactJson } from '../../../core/domain/exact-json.ts';
import { readErrorText, readUpstreamTask } from '../../../core/domain/task/upstream-task.ts';
import { webhookBody } from '../../../core/domain/webhook/webhook-body.ts';
import { endEvent } from '../../../core/domain/webhook/outbox-event.ts';
import { publicTask } from '../../../core/http/public-task.ts';
import { sampleAttempt, sampleTask } from '../../support/sample-task.ts';

function completedWith(outputs: string): string {
  return `{"id":"g3_1","status":"completed","outputs":${outputs}}`;
}

function nested(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth);
}

function outputsOf(outputs: string): string {
  const task = readUpstreamTask(completedWith(outputs));
  if (task?.outcome?.kind !== 'succeeded') throw new Error('no success');
  return JSON.stringify(task.outcome.outputs);
}

describe('outputs', () => {
  it.each([
    '18446744073709551615',
    '-9223372036854775809',
    '0.1234567890123456789',
    '1e400',
    '-1E-400',
    '123456789012345678901234567890.5e-3',
    '9007199254740993',
  ])('keep the digits of %s', (number) => {
    expect(outputsOf(`[{"seed": ${number}}, ${number}]`)).toBe(`[{"seed":${number}},${number}]`);
  });

  it.each(['1', '0.5', '-0', '1e3', '1.50', '9007199254740992', '100000000000000000000', '0.1'])(
    'that lose nothing as a double stay numbers: %s',
    (number) => {
      expect(parseExactJson(`{"a":[${number},1234567890123456]}`)).toEqual({ a: [Number(number), 1234567890123456] });
    },
  );

  it('keep their digits through the store, the public answer, the event and the webhook', () => {
    const outcome = readUpstreamTask(completedWith('{"seed":18446744073709551615}'))?.outcome;
    const outputs = outcome?.kind === 'succeeded' ? outcome.outputs : undefined;
    const before = sampleTask();
    const { due: _over, ...rest } = before;
    const task = {
      ...rest,
      status: 'completed',
      ends: 1,
      endedAt: 5,
      result: { code: 0, outputs, error: null },
      attempts: [sampleAttempt({ state: 'closed', outcome: 'completed', endedAt: 5 })],
      attemptCount: 1,
    } as const;
    const stored = soundTask(readTask(taskItem(task, 'commit')));
    if (!stored) throw new Error('no task');
    expect(JSON.stringify(publicTask(stored))).toContain('"seed":18446744073709551615');
    const event = endEvent({ before, after: stored });
    if (!event) throw new Error('no event');
    const read = readEvent(eventItem({ event, position: event.at }, defaultRetention));
    for (const shape of ['event', 'get3w', 'bridge'] as const) {
      expect(webhookBody(read?.event ?? event, shape)).toContain('"seed":18446744073709551615');
    }
  });

  it('are well-formed text, names included', () => {
    expect(outputsOf('["\\ud83d", {"a\\udc00": "\\ud83d\\ude00"}]')).toBe('["\uFFFD",{"a\uFFFD":"\u{1F600}"}]');
  });

  it('may be nested 64 deep', () => {
    expect(outputsOf(nested(64))).toBe(nested(64));
  });

  it.each([65, 1_000, 400_000])('nested %i deep end the attempt as unreadable, without an exception', (depth) => {
    expect(readUpstreamTask(completedWith(nested(depth)))).toEqual({
      upstreamId: 'g3_1',
      outcome: {
        kind: 'failed',
        failure: { level: 'task', code: 1405, text: 'Outputs are nested deeper than 64 levels' },
      },
    });
  });

  it('may have 65,536 characters as JSON and no more', () => {
    const text = (length: number): string => `"${'é'.repeat(length - 2)}"`;
    expect(outputsOf(text(65_536))).toHaveLength(65_536);
    expect(readUpstreamTask(completedWith(text(65_537)))?.outcome).toEqual({
      kind: 'failed',
      failure: { level: 'task', code: 1405, text: 'Outputs are longer than 65536 characters as JSON' },
    });
  });

  it('are read, however deep the fields beside them are', () => {
    const text = `{"id":"g3_1","status":"completed","outputs":[1],"extra":${nested(100_000)}}`;
    expect(readUpstreamTask(text)?.outcome).toEqual({ kind: 'succeeded', outputs: [1] });
  });
});

describe('an id of Get3W', () => {
  it('may have 200 characters', () => {
    const id = 'x'.repeat(200);
    expect(readUpstreamTask(JSON.stringify({ id, status: 'created' }))).toEqual({ upstreamId: id });
  });

  it.each(['.hidden', '..hidden', '...'])('may begin with dots: %s', (id) => {
    expect(readUpstreamTask(JSON.stringify({ id }))).toEqual({ upstreamId: id });
  });

  it.each(['', '.', '..', 'x'.repeat(201), '\ud800', 7, null, ['g3_1']])('is none where it is %j', (id) => {
    expect(readUpstreamTask(JSON.stringify({ id, status: 'created' }))).toEqual({});
  });
});

describe('an estimate', () => {
  it.each([
    ['4', 4_000],
    ['0', 0],
    ['1e300', 30 * 86_400_000],
  ])('of %s seconds is %s ms', (estimate, estimatedMs) => {
    expect(readUpstreamTask(`{"status":"created","estimated_duration":${estimate}}`)).toEqual({ estimatedMs });
  });

  it.each(['-1', '1e400', '"4"', 'null', '{}'])('is none where it is %s', (estimate) => {
    expect(readUpstreamTask(`{"status":"created","estimated_duration":${estimate}}`)).toEqual({});
  });
});

describe('the state of a task', () => {
  it.each([
    ['{"status":"failed","code":5003,"error":"Busy"}', 5003, 'Busy'],
    ['{"status":"failed"}', 1405, 'Task Failed'],
    ['{"status":"failed","code":0,"error":""}', 1405, 'Task Failed'],
    ['{"status":"failed","code":"5003","error":7}', 1405, 'Task Failed'],
    ['{"status":"failed","code":7654321}', 7654321, 'Task failed'],
    ['{"status":"timeout"}', 5004, 'Timeout'],
    ['{"status":"timeout","code":5003,"error":"Too slow"}', 5003, 'Too slow'],
    ['{"status":"cancelled","error":"Stopped"}', 1405, 'Stopped'],
    ['{"status":"deleted","error":"Gone"}', 1405, 'Gone'],
  ])('%s is a failure of code %i: %s', (text, code, error) => {
    expect(readUpstreamTask(text)).toEqual({
      outcome: { kind: 'failed', failure: { level: 'task', code, text: error } },
    });
  });

  it.each(['created', 'processing', 'of a kind that is new'])('%s is not an outcome', (status) => {
    expect(readUpstreamTask(JSON.stringify({ id: 'g3_1', status }))).toEqual({ upstreamId: 'g3_1' });
  });

  it.each([
    'null',
    '[]',
    '[{"id":"g3_1","status":"completed"}]',
    '7',
    '"completed"',
    '{"id":7,"status":null}',
    '{',
    '',
  ])('is not read from %s', (text) => {
    expect(readUpstreamTask(text)).toBeUndefined();
  });

  it('is read from an id or from a status alone', () => {
    expect(readUpstreamTask('{"id":"g3_1"}')).toEqual({ upstreamId: 'g3_1' });
    expect(readUpstreamTask('{"status":"completed"}')).toEqual({ outcome: { kind: 'succeeded', outputs: null } });
  });
});

describe('the text of an error', () => {
  it.each(['{"code":"400","error":"a text"}', '{"code":400,"error":7}', '{"error":"a text"}', '[]', 'no JSON'])(
    'is not the one of Get3W where the body is %s',
    (text) => {
      expect(readErrorText(text)).toBeUndefined();
    },
  );

  it('is cut between code points', () => {
    const text = `${'x'.repeat(999)}\u{1F600} and more`;
    expect(readErrorText(JSON.stringify({ code: 400, error: text }))).toBe('x'.repeat(999));
    expect(readErrorText(JSON.stringify({ code: 400, error: `${text.slice(1)}` }))).toBe(`${'x'.repeat(998)}\u{1F600}`);
  });

  it('is well-formed, as strict readers require', () => {
    expect(readErrorText('{"code":400,"error":"a\\ud800b\\udfff"}')).toBe('a\uFFFDb\uFFFD');
    const failed = readUpstreamTask('{"status":"failed","code":1e400,"error":"\\ud800"}');
    expect(failed?.outcome).toEqual({ kind: 'failed', failure: { level: 'task', code: 1405, text: '\uFFFD' } });
  });

  it.each([
    ['\u{1F600}\u{1F600}', 3, '\u{1F600}'],
    ['\u{1F600}\u{1F600}', 4, '\u{1F600}\u{1F600}'],
    ['ab', 2, 'ab'],
    ['ab\ud83d', 3, 'ab\uFFFD'],
    ['abc', 0, ''],
  ])('%j cut at %i is %j', (text, charsMax, cut) => {
    expect(cutText(text, charsMax)).toBe(cut);
  });
});
