// Starts fauxqs, the SQS of the tests, in this process, on a free port of this machine, and ends it.
// In memory, so that no test meets what another left.
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { buildApp } from 'fauxqs';
import type { AddressInfo } from 'node:net';

interface Fauxqs {
  readonly endpoint: string;
  stop(): Promise<void>;
}

export async function startFauxqs(): Promise<Fauxqs> {
  // Its own start listens on every interface; the app itself lets us choose.
  const app = buildApp({ logger: false });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    stop: async () => {
      app.server.closeAllConnections();
      await app.close();
    },
  };
}

/** A client for a stand-in on this machine: any keys will do, and none of the caller's own are ever sent. */
export function localSqsClient(endpoint: string): SQSClient {
  return new SQSClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    useQueueUrlAsEndpoint: false,
    maxAttempts: 2,
    // Long enough for a machine that is busy with other tests; only a server that is stuck takes longer.
    requestHandler: { connectionTimeout: 10_000, requestTimeout: 20_000, throwOnRequestTimeout: true },
  });
}

export async function createQueue(client: SQSClient, name: string): Promise<string> {
  const { QueueUrl: url } = await client.send(new CreateQueueCommand({ QueueName: name }));
  if (url === undefined) throw new Error(`queue ${name} has no URL`);
  return url;
}
