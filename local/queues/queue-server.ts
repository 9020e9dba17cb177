// Runs fauxqs, the stand-in for SQS, in this process on a free port, with the queues of the template. Messages live in
// memory: rows are the truth and a doorbell that dies with the process is rung again by sweep.
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { buildApp } from 'fauxqs';
import { standInCredentials } from '../services/stand-in-credentials.ts';
import type { AddressInfo } from 'node:net';
import type { QueuePlan } from './queue-plan.ts';

export interface QueueServer {
  readonly url: string;
  createQueues(queues: readonly QueuePlan[]): Promise<void>;
  /** What lies in each queue, the dead-letter queues included. */
  counts(): Promise<readonly QueueCounts[]>;
  close(): Promise<void>;
}

export interface QueueCounts {
  readonly name: string;
  readonly readyCount: number;
  readonly delayedCount: number;
  readonly inFlightCount: number;
}

/** As fauxqs describes a queue. */
interface FauxqsQueue {
  readonly name: string;
  readonly approximateMessageCount: number;
  readonly approximateInflightCount: number;
  readonly approximateDelayedCount: number;
}

export const startQueueServer = async (): Promise<QueueServer> => {
  // buildApp and not startFauxqs: the latter listens on every interface.
  const app = buildApp({ logger: false, host: '127.0.0.1' });
  await app.listen({ host: '127.0.0.1', port: 0, backlog: 4_096 });
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  return {
    url,
    async createQueues(queues) {
      const client = new SQSClient({ endpoint: url, ...standInCredentials });
      for (const { name, attributes } of queues) {
        await client.send(new CreateQueueCommand({ QueueName: name, Attributes: { ...attributes } }));
      }
      client.destroy();
    },
    async counts() {
      const queues: FauxqsQueue[] = (await app.inject('/_fauxqs/queues')).json();
      return queues.map((queue) => ({
        name: queue.name,
        readyCount: queue.approximateMessageCount,
        delayedCount: queue.approximateDelayedCount,
        inFlightCount: queue.approximateInflightCount,
      }));
    },
    close: () => app.close(),
  };
};
