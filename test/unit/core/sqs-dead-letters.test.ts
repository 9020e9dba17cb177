// Sending dead letters back, where SQS takes a batch only in part: finished after a wait, and nothing is deleted unsent.
import {
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { redrive } from '../../../core/adapters/sqs-dead-letters.ts';

/** A dead-letter queue with messages, and a queue that refuses what `refuses` names. */
function queuesWith(messages: number, refuses: (body: string, send: number) => boolean) {
  const dead = Array.from({ length: messages }, (_, index) => `m${index}`);
  const arrived: string[] = [];
  const deleted: string[] = [];
  const waitsMs: number[] = [];
  let sends = 0;
  const client = new SQSClient({ region: 'us-east-1' });
  client.send = (async (command: unknown) => {
    if (command instanceof ReceiveMessageCommand) {
      const taken = dead.splice(0, command.input.MaxNumberOfMessages);
      return { Messages: taken.map((body) => ({ MessageId: body, Body: body, ReceiptHandle: `handle-${body}` })) };
    }
    if (command instanceof SendMessageBatchCommand) {
      sends += 1;
      const { Entries: entries = [] } = command.input;
      const taken = entries.filter(({ MessageBody = '' }) => !refuses(MessageBody, sends));
      arrived.push(...taken.map(({ MessageBody = '' }) => MessageBody));
      return { Successful: taken.map(({ Id }) => ({ Id })) };
    }
    if (command instanceof DeleteMessageBatchCommand) {
      deleted.push(...(command.input.Entries ?? []).map(({ ReceiptHandle = '' }) => ReceiptHandle));
    }
    return {};
  }) as typeof client.send;
  const run = (max: number): Promise<number> =>
    redrive(client, { url: 'https://queue/1', deadLettersUrl: 'https://queue/1-dead' }, { max }, async (delayMs) =>
      waitsMs.push(delayMs),
    );
  return { run, arrived, deleted, waitsMs };
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
});
