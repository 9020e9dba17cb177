// A batch of messages: only what failed is redelivered, and its cause is kept for the operator who finds it
// among the dead letters.
import { describe, expect, it } from 'vitest';
import { RelayError } from '../../../core/domain/relay-error.ts';
import { sqsBatch } from '../../../core/middleware/sqs-batch.ts';
import type { SQSEvent } from 'aws-lambda';
import type { MetFault } from '../../../core/ports/message-faults.ts';
import type { ServeBatch } from '../../../core/middleware/sqs-batch.ts';

const doorbell = JSON.stringify({ kind: 'gate', gateId: 'default' });

function eventOf(bodies: Readonly<Record<string, string>>): SQSEvent {
  return {
    Records: Object.entries(bodies).map(([messageId, body]) => ({
      ...{ messageId, body },
      attributes: { ApproximateReceiveCount: '3', SentTimestamp: '1000' },
    })),
  } as unknown as SQSEvent;
}

async function serveBatch(bodies: Record<string, string>, serve: ServeBatch, recordFails = false) {
  const kept: MetFault[] = [];
  const lines: string[] = [];
  const line = (text: string): void => void lines.push(text);
  const ports = {
    log: { info: line, warn: line, error: line },
    metrics: { emit: () => {} },
    faults: {
      recordFaults: (faults: readonly MetFault[]) => {
        if (recordFails) return Promise.reject(new Error('the table is gone'));
        kept.push(...faults);
        return Promise.resolve();
      },
    },
  };
  const { batchItemFailures } = await sqsBatch(ports, eventOf(bodies), serve);
  return { failed: batchItemFailures.map(({ itemIdentifier }) => itemIdentifier), kept, lines };
}

describe('a batch of messages', () => {
  it('stores nothing while all messages succeed', async () => {
    const { failed, kept } = await serveBatch({ one: doorbell }, () => Promise.resolve([]));
    expect(failed).toEqual([]);
    expect(kept).toEqual([]);
  });

  it('returns only what failed, with the error that it met', async () => {
    const error = new RelayError('store-unavailable', 'DynamoDB does not answer');
    const { failed, kept } = await serveBatch({ one: doorbell, two: doorbell }, () =>
      Promise.resolve([{ messageId: 'two', error }]),
    );
    expect(failed).toEqual(['two']);
    expect(kept).toEqual([{ messageId: 'two', receiveCount: 3, error }]);
  });

  it('gives all back when serving itself breaks, each with the cause', async () => {
    const error = new TypeError('undefined is no function');
    const { failed, kept } = await serveBatch({ one: doorbell, two: doorbell }, () => Promise.reject(error));
    expect(failed).toEqual(['one', 'two']);
    expect(kept.map((fault) => fault.error)).toEqual([error, error]);
  });

  it('never handles what no relay has written, and stores that as the cause', async () => {
    const { failed, kept } = await serveBatch({ odd: 'not a doorbell' }, () => Promise.resolve([]));
    expect(failed).toEqual(['odd']);
    expect(kept).toMatchObject([{ messageId: 'odd', error: { code: 'message-unreadable' } }]);
  });

  it('returns what failed even when the cause cannot be stored', async () => {
    const { failed, lines } = await serveBatch({ odd: '{}' }, () => Promise.resolve([]), true);
    expect(failed).toEqual(['odd']);
    expect(lines).toContain('The causes of failed messages could not be kept');
  });
});
