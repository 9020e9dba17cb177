// Sending dead letters back, where SQS takes a batch only in part: finished after a wait, and nothing is deleted unsent. And
// what is only read is there for the next reader.
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { makeSqsDeadLetters, redrive } from '../../../core/adapters/sqs-dead-letters.ts';
import type { SendMessageBatchRequestEntry } from '@aws-sdk/client-sqs';

const attributes = { traceId: { DataType: 'String', StringValue: 'abc' } };

/** Of SQS, in the strictest region: the sum of one call. */
const BATCH_BYTES_MAX = 262_144;

/** A dead-letter queue with messages, and a queue that refuses what `refuses` names. */
function queuesWith(messages: number | readonly string[], refuses: (body: string, send: number) => boolean) {
  const dead = typeof messages === 'number' ? Array.from({ length: messages }, (_, i) => `m${i}`) : [...messages];
  const calls: string[] = [];
  const arrived: string[] = [];
  const sent: SendMessageBatchRequestEntry[] = [];
  const shown: [string, number][] = [];
  const deleted: string[] = [];
  const waitsMs: number[] = [];
  let sends = 0;
  const client = new SQSClient({ region: 'us-east-1' });
  client.send = (async (command: object) => {
    calls.push(command.constructor.name.replace('Command', ''));
    if (command instanceof ReceiveMessageCommand) {
      const taken = dead.splice(0, command.input.MaxNumberOfMessages);
      const Attributes = { MessageGroupId: 'acc_one', SentTimestamp: '1', ApproximateReceiveCount: '9' };
      const Messages = taken.map((body) => {
        const kept = { Attributes, MessageAttributes: attributes };
        return { MessageId: body, Body: body, ReceiptHandle: `handle-${body}`, ...kept };
      });
      return { Messages };
    }
    if (command instanceof SendMessageBatchCommand) {
      sends += 1;
      const { Entries: entries = [] } = command.input;
      const bytes = entries.reduce((sum, { MessageBody = '' }) => sum + Buffer.byteLength(MessageBody), 0);
      if (bytes > BATCH_BYTES_MAX) throw new Error('BatchRequestTooLong');
      const taken = entries.filter(({ MessageBody = '' }) => !refuses(MessageBody, sends));
      sent.push(...entries);
      arrived.push(...taken.map(({ MessageBody = '' }) => MessageBody));
      return { Successful: taken.map(({ Id }) => ({ Id })) };
    }
    if (command instanceof DeleteMessageBatchCommand) {
      deleted.push(...(command.input.Entries ?? []).map(({ ReceiptHandle = '' }) => ReceiptHandle));
    }
    if (command instanceof ChangeMessageVisibilityBatchCommand) {
      for (const { ReceiptHandle = '', VisibilityTimeout = -1 } of command.input.Entries ?? []) {
        shown.push([ReceiptHandle, VisibilityTimeout]);
      }
    }
    return {};
  }) as typeof client.send;
  const addresses = { url: 'https://queue/1', deadLettersUrl: 'https://queue/1-dead' };
  const run = (max: number, isOver?: () => boolean): Promise<number> =>
    redrive(client, addresses, { max, isOver }, async (delayMs) => waitsMs.push(delayMs));
  const letters = makeSqsDeadLetters({ client, addressesOf: async () => addresses });
  return { run, letters, arrived, sent, shown, deleted, waitsMs, calls };
}

describe('a redrive', () => {
  it('finishes a batch that SQS accepted only in part, after a wait, and continues with the next', async () => {
    const { run, arrived, deleted, waitsMs } = queuesWith(25, (body, send) => body === 'm3' && send === 1);
    expect(await run(25)).toBe(25);
    expect(arrived).toHaveLength(25);
    expect(new Set(arrived).size).toBe(25);
    expect(deleted).toHaveLength(25);
    expect(waitsMs).toEqual([500]);
  });

  it('leaves what SQS refuses in place, and deletes nothing that was not sent', async () => {
    const { run, arrived, deleted, waitsMs } = queuesWith(10, (body) => body === 'm3');
    expect(await run(10)).toBe(9);
    expect(arrived).not.toContain('m3');
    expect(deleted).not.toContain('handle-m3');
    expect(deleted).toHaveLength(9);
    expect(waitsMs).toEqual([500, 1_000, 2_000]);
  });

  it('cuts its sends by bytes too, counted as UTF-8, so that large messages can be sent back at all', async () => {
    const large = ['é'.repeat(99_000), 'a'.repeat(150_000), 'b'.repeat(230_000), 'c', 'd', 'e'.repeat(199_000)];
    const { run, arrived, deleted, calls } = queuesWith(large, () => false);
    expect(await run(6)).toBe(6);
    expect(arrived).toEqual(large);
    expect(deleted).toHaveLength(6);
    expect(calls.filter((name) => name === 'SendMessageBatch')).toHaveLength(4);
  });

  it('begins no send and no receive once its time is over, and deletes what it has sent', async () => {
    const large = Array.from({ length: 10 }, (_, index) => String(index).repeat(150_000));
    const { run, calls, deleted } = queuesWith(large, () => false);
    const isOver = (): boolean => calls.includes('SendMessageBatch');
    expect(await run(10, isOver)).toBe(1);
    expect(calls).toEqual(['ReceiveMessage', 'SendMessageBatch', 'DeleteMessageBatch']);
    expect(deleted).toHaveLength(1);
    const refused = queuesWith(10, () => true);
    expect(await refused.run(10, () => refused.calls.includes('SendMessageBatch'))).toBe(0);
    expect(refused.calls).toEqual(['ReceiveMessage', 'SendMessageBatch']);
    const late = queuesWith(10, () => false);
    expect(await late.run(10, () => true)).toBe(0);
    expect(late.calls).toEqual([]);
  });

  it('sends each message with its group and its attributes', async () => {
    const { run, sent } = queuesWith(2, () => false);
    await run(2);
    const kept = { MessageGroupId: 'acc_one', MessageAttributes: attributes };
    expect(sent).toMatchObject([
      { MessageBody: 'm0', ...kept },
      { MessageBody: 'm1', ...kept },
    ]);
  });
});

describe('a look at dead letters', () => {
  it('shows each to the next reader at once, and takes none away', async () => {
    const { letters, shown, deleted } = queuesWith(12, () => false);
    const found = await letters.peek('dispatch', 12);
    expect(found[0]).toEqual({ messageId: 'm0', body: 'm0', sentAt: 1, receiveCount: 9 });
    expect(shown).toEqual(found.map(({ messageId }) => [`handle-${messageId}`, 0]));
    expect([found.length, deleted]).toEqual([12, []]);
  });
});
