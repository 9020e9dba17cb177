// What a log line shows and what it withholds: ids and numbers stay readable, prompts and keys never get there.
import { describe, expect, it } from 'vitest';
import { makeJsonLog } from '../../../core/adapters/json-log.ts';
import { RelayError } from '../../../core/domain/relay-error.ts';

function logged(fields: Record<string, unknown>, message = 'something happened'): Record<string, unknown> {
  const written: string[] = [];
  const clock = { now: () => Date.UTC(2026, 0, 1) };
  makeJsonLog({ service: 'dispatch', clock, fields: { version: '1.2.3' }, write: (line) => written.push(line) }).warn(
    message,
    fields,
  );
  expect(written).toHaveLength(1);
  expect(written[0]).toMatch(/^[^\n]+\n$/);
  return JSON.parse(written[0] ?? '') as Record<string, unknown>;
}

describe('a log line', () => {
  it('has time, service and level, whatever its fields are called', () => {
    expect(logged({ level: 'forged', time: 'never', taskId: 't1', attempt: 3, isLate: true, cursor: null })).toEqual({
      level: 'warn',
      time: '2026-01-01T00:00:00.000Z',
      service: 'dispatch',
      message: 'something happened',
      version: '1.2.3',
      taskId: 't1',
      attempt: 3,
      isLate: true,
      cursor: null,
    });
  });

  it('leaves these out when all is usual: each byte is paid for with every task', () => {
    const written: string[] = [];
    const clock = { now: () => Date.UTC(2026, 0, 1) };
    const log = makeJsonLog({ service: 's', clock, fields: { version: '1' }, write: (line) => written.push(line) });
    log.info('answered', { level: 'error', taskId: 't1' });
    expect(written).toEqual(['{"taskId":"t1","message":"answered"}\n']);
  });

  it('shows the length of a text that is not known to be harmless', () => {
    const line = logged({
      prompt: 'a secret bear',
      input: '{"a":1}',
      failure: { level: 'task', text: 'Flagged: bear' },
    });

    expect(line).toMatchObject({
      prompt: '[13 chars]',
      input: '[7 chars]',
      failure: { level: 'task', text: '[13 chars]' },
    });
    expect(JSON.stringify(line)).not.toContain('bear');
  });

  it('takes digits for a number, in lists too', () => {
    expect(logged({ receiveCount: '12', messageIds: ['a', 'b'], others: ['a'] })).toMatchObject({
      receiveCount: '12',
      messageIds: ['a', 'b'],
      others: ['[1 chars]'],
    });
  });

  it('never shows a key, not even where a text may be shown', () => {
    const line = logged(
      { reason: 'Bearer abc.def refused', taskId: 'sk_live_0123456789' },
      'key sk_abcdef is whsec_Zm9v+/=',
    );

    expect(line).toMatchObject({ reason: 'Bearer … refused', taskId: 'sk_…', message: 'key sk_… is whsec_…' });
  });

  it('shows an error with its place and its cause', () => {
    const cause = Object.assign(new Error('connect refused'), { code: 'ECONNREFUSED' });
    const error = new RelayError('store-unavailable', 'DynamoDB does not answer', { fault: 'unavailable' }, { cause });

    expect(logged({ error })).toMatchObject({
      error: {
        name: 'RelayError',
        code: 'store-unavailable',
        message: 'DynamoDB does not answer',
        details: { fault: 'unavailable' },
        stack: expect.arrayContaining([expect.stringContaining('json-log.test.ts')]) as string[],
        cause: { name: 'Error', code: 'ECONNREFUSED', message: 'connect refused' },
      },
    });
  });

  it('cuts a long text between code points, so that strict readers take the line', () => {
    for (let before = 495; before <= 501; before += 1) {
      const error = new Error(`${'x'.repeat(before)}${'😀'.repeat(10)}`);
      const line = logged({ error, reason: `${'x'.repeat(before)}😀` });
      expect(JSON.stringify(line)).not.toMatch(/\\ud[89a-f]/);
    }
  });

  it('withholds the message of a parser, which quotes what it could not read', () => {
    let thrown: unknown;
    try {
      JSON.parse('a prompt about bears');
    } catch (error) {
      thrown = error;
    }

    const line = logged({ error: thrown });

    expect(line).toMatchObject({
      error: { name: 'SyntaxError', message: expect.stringMatching(/^\[\d+ chars\]$/) as string },
    });
    expect(JSON.stringify(line)).not.toContain('bears');
  });

  it('survives a value that JSON cannot represent', () => {
    const ring: Record<string, unknown> = { count: 1 };
    ring['self'] = ring;

    expect(logged({ ring, big: 12n, made: () => 1, missing: undefined })).toMatchObject({
      ring: { count: 1, self: { count: 1 } },
      big: '12',
      made: '[function]',
    });
  });
});
