// Doorbells that SQS refuses or does not answer: sent once more, counted, reported, never thrown.
import { SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { makeSqsDoorbells } from '../../../core/adapters/sqs-doorbells.ts';
import type {
  SendMessageBatchCommand,
  SendMessageBatchCommandOutput,
  SendMessageBatchRequestEntry,
} from '@aws-sdk/client-sqs';
import type { OutgoingDoorbell } from '../../../core/contract/messages.ts';

type Answer = Partial<SendMessageBatchCommandOutput>;

function doorbellsWith(answer: (ids: string[], calls: number) => Answer, isFair?: boolean) {
  const client = new SQSClient({ region: 'us-east-1' });
  const calls: string[][] = [];
  const warnings: unknown[] = [];
  const waitsMs: number[] = [];
  const entries: SendMessageBatchRequestEntry[] = [];
  client.send = (async ({ input }: SendMessageBatchCommand) => {
    entries.push(...(input.Entries ?? []));
    calls.push((input.Entries ?? []).map(({ MessageBody }) => MessageBody ?? ''));
    return answer(
      (input.Entries ?? []).map(({ Id }) => Id ?? ''),
      calls.length,
    );
  }) as typeof client.send;
  const doorbells = makeSqsDoorbells({
    queueUrls: {
      dispatch: 'https://queue/1',
      settle: 'https://queue/2',
      deliver: 'https://queue/3',
      keep: 'https://queue/4',
      jobs: 'https://queue/5',
    },
    client,
    sleep: async (delayMs) => waitsMs.push(delayMs),
    isFair,
    log: { warn: (_message, fields) => warnings.push(fields) },
  });
  return { doorbells, calls, entries, warnings, waitsMs };
}

function outgoingDoorbells(count: number): OutgoingDoorbell[] {
  return Array.from({ length: count }, (_, index) => ({
    queue: 'dispatch',
    doorbell: { kind: 'gate', gateId: `g${index}` },
    delayMs: 0,
  }));
}

function failed(ids: string[]): Answer {
  return {
    Failed: ids.map((Id) => ({ Id, SenderFault: false, Code: 'InternalError' })),
  };
}

describe('sending doorbells over SQS', () => {
  it.each([
    [undefined, 'a'],
    [true, 'a'],
    [false, undefined],
  ])('has the account as a group, which costs money, unless the setting is off: %s', async (isFair, group) => {
    const { doorbells, entries } = doorbellsWith(() => ({}), isFair);
    await doorbells.send(outgoingDoorbells(1).map((message) => ({ ...message, group: 'a' })));
    expect(entries.map(({ MessageGroupId }) => MessageGroupId)).toEqual([group]);
  });

  it('sends once more what SQS refused, and only that', async () => {
    const { doorbells, calls, warnings, waitsMs } = doorbellsWith((ids, call) =>
      call === 1 ? failed([ids[3] ?? '', ids[7] ?? '']) : {},
    );

    expect(await doorbells.send(outgoingDoorbells(10))).toEqual({ failed: 0 });
    expect(calls[1]).toEqual(['g3', 'g7'].map((gateId) => JSON.stringify({ kind: 'gate', gateId })));
    expect(warnings).toEqual([]);
    // Not at once: it would meet what the first send has met.
    expect(waitsMs).toEqual([100]);
  });

  it('counts what SQS refused twice', async () => {
    const { doorbells, calls, warnings } = doorbellsWith((ids) => failed(ids.slice(0, 2)));

    expect(await doorbells.send(outgoingDoorbells(10))).toEqual({ failed: 2 });
    expect(calls).toHaveLength(2);
    expect(warnings).toEqual([{ queue: 'dispatch', failed: 2, reason: 'InternalError' }]);
  });

  it('counts a whole call that had no answer, and still makes the others', async () => {
    const { doorbells } = doorbellsWith((_ids, call) => {
      if (call === 2) throw Object.assign(new Error('no'), { code: 'ECONNRESET' });
      return {};
    });

    expect(await doorbells.send(outgoingDoorbells(30))).toEqual({ failed: 10 });
  });

  it('asks for delays and groups that SQS accepts, whatever the doorbell contains', async () => {
    const { doorbells, entries } = doorbellsWith(() => ({}));
    const asked: Partial<OutgoingDoorbell>[] = [
      { delayMs: 0, group: 'acc_1' },
      { delayMs: 1, group: 'with space' },
      { delayMs: 86_400_000, group: '' },
      { delayMs: -5_000, group: 'x'.repeat(129) },
      { delayMs: 899_001, group: 'x'.repeat(128) },
    ];

    await doorbells.send(asked.flatMap((fields) => outgoingDoorbells(1).map((message) => ({ ...message, ...fields }))));

    expect(entries.map(({ DelaySeconds, MessageGroupId }) => [DelaySeconds, MessageGroupId?.length])).toEqual([
      [0, 5],
      [1, undefined],
      [900, undefined],
      [0, undefined],
      [900, 128],
    ]);
  });

  it('sends hundreds of doorbells, each once', async () => {
    const { doorbells, calls } = doorbellsWith(() => ({}));

    expect(await doorbells.send(outgoingDoorbells(333))).toEqual({ failed: 0 });
    expect(new Set(calls.flat()).size).toBe(333);
    expect(calls).toHaveLength(34);
  });
});
