// Makes dead letters as they occur: a message that no version of the relay wrote is received until SQS moves
// it to the dead-letter queue. The queue's visibility timeout is zero during this, or it would take an hour.
import { SendMessageCommand, SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { countMessages } from '../../core/adapters/sqs-dead-letters.ts';
import { eventually } from './eventually.ts';
import { readRuntimeFile } from '../../local/runtime-file.ts';

interface DeadLetterMaker {
  /** Sends a body that cannot be served, and waits until it has become a dead letter; gives its message id. */
  make(body: string): Promise<string>;
  /** Puts a message straight among the dead letters, as one that timed out ten times: no cause is on record. */
  lay(body: string): Promise<unknown>;
  /** Dead letters of the dispatch queue. */
  count(): Promise<number>;
  close(): void;
}

export function deadLetterMaker(dataDir: string): DeadLetterMaker {
  const runtime = readRuntimeFile(dataDir);
  if (!runtime) throw new Error(`no relay runs on ${dataDir}`);
  const { outputs, endpoints, region } = runtime;
  const queueUrl = outputs['DispatchQueueUrl'] ?? '';
  const deadLettersUrl = outputs['DispatchDeadLettersUrl'] ?? '';
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new SQSClient({ endpoint: endpoints.sqs, region, credentials, useQueueUrlAsEndpoint: false });
  const hideFor = (seconds: number) =>
    client.send(new SetQueueAttributesCommand({ QueueUrl: queueUrl, Attributes: { VisibilityTimeout: `${seconds}` } }));
  const count = () => countMessages(client, deadLettersUrl);
  return {
    async make(body) {
      const before = await count();
      await hideFor(0);
      const { MessageId: id = '' } = await client.send(
        new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body }),
      );
      await eventually(count).toBe(before + 1);
      await hideFor(240);
      return id;
    },
    lay: (body) => client.send(new SendMessageCommand({ QueueUrl: deadLettersUrl, MessageBody: body })),
    count,
    close: () => client.destroy(),
  };
}
