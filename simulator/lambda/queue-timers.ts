// The simulator's timers as messages of a queue that calls its function: sent with a delay, read as a batch. A message
// that fails is redelivered; what it requests is safe to repeat.
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { Due, SimulatorPorts } from '../simulator-ports.ts';

/** SQS allows no longer delay; the engine sets an early timer again. */
const DELAY_SECONDS_MAX = 900;

/** Delays are whole seconds, rounded up: a task of 200 ms ends after a second. */
export function queueTimers(client: SQSClient, queueUrl: string): SimulatorPorts['schedule'] {
  return async (delayMs, due) => {
    const DelaySeconds = Math.min(DELAY_SECONDS_MAX, Math.ceil(delayMs / 1_000));
    await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(due), DelaySeconds }));
  };
}

/** Does what each message of a batch requests, all at once: a webhook may take half a minute. */
export async function performBatch(
  { Records: records }: SQSEvent,
  perform: (due: Due) => Promise<void>,
  reportFault: (error: unknown) => void,
): Promise<SQSBatchResponse> {
  const results = await Promise.allSettled(
    records.map(async ({ body }) => {
      const due = readDue(body);
      if (due === null) throw new Error('a message is not a timer of the simulator');
      await perform(due);
    }),
  );
  const failures = results.flatMap((result, index) => {
    if (result.status === 'fulfilled') return [];
    reportFault(result.reason);
    return [{ itemIdentifier: records[index]?.messageId ?? '' }];
  });
  return { batchItemFailures: failures };
}

function readDue(text: string): Due | null {
  try {
    const { kind, taskId, call } = JSON.parse(text) as Partial<{ kind: unknown; taskId: unknown; call: unknown }>;
    if (typeof taskId !== 'string') return null;
    if (kind === 'finish') return { kind, taskId };
    return kind === 'call' && Number.isSafeInteger(call) ? { kind, taskId, call: call as number } : null;
  } catch {
    return null;
  }
}
