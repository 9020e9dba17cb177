// Runs fauxqs, the stand-in for SQS, in this process on a free port, with the queues of the template. Messages are kept
// in memory: the rows are the truth, and the sweep sends a doorbell again that was lost with the process.
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { buildApp } from 'fauxqs';
import { standInClient } from '../services/stand-in-client.ts';
import type { AddressInfo } from 'node:net';
import type { QueueReading } from '../cloudwatch/metrics/service-metrics.ts';
import type { QueuePlan } from './queue-plan.ts';

export interface QueueServer {
  readonly url: string;
  createQueues(queues: readonly QueuePlan[]): Promise<void>;
  /** Counts of each queue's messages, including the dead-letter queues. */
  counts(): Promise<readonly QueueReading[]>;
  close(): Promise<void>;
}

/** A queue as fauxqs describes it. */
interface FauxqsQueue {
  readonly name: string;
  readonly approximateMessageCount: number;
  readonly approximateInflightCount: number;
  readonly approximateDelayedCount: number;
}

interface FauxqsContent {
  readonly messages: { readonly ready: readonly { readonly sentTimestamp: number }[] };
}

export async function startQueueServer(): Promise<QueueServer> {
  // buildApp instead of startFauxqs, which listens on every interface.
  const app = buildApp({ logger: false, host: '127.0.0.1' });
  await app.listen({ host: '127.0.0.1', port: 0, backlog: 4_096 });
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  const oldestAgeSeconds = async (name: string): Promise<number> => {
    const content: FauxqsContent = (await app.inject(`/_fauxqs/queues/${name}`)).json();
    const now = Date.now();
    const oldest = content.messages.ready.reduce((least, { sentTimestamp }) => Math.min(least, sentTimestamp), now);
    return (now - oldest) / 1_000;
  };
  return {
    url,
    async createQueues(queues) {
      const client = standInClient(url, (config) => new SQSClient(config));
      for (const { name, attributes } of queues) {
        await client.send(new CreateQueueCommand({ QueueName: name, Attributes: { ...attributes } }));
      }
      client.destroy();
    },
    async counts() {
      const queues: FauxqsQueue[] = (await app.inject('/_fauxqs/queues')).json();
      return Promise.all(
        queues.map(async (queue) => ({
          name: queue.name,
          readyCount: queue.approximateMessageCount,
          delayedCount: queue.approximateDelayedCount,
          inFlightCount: queue.approximateInflightCount,
          oldestAgeSeconds: queue.approximateMessageCount === 0 ? 0 : await oldestAgeSeconds(queue.name),
        })),
      );
    },
    close: () => app.close(),
  };
}
