// `npm start` on a platform without dynoxide: it says what works there, and that works.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RelayClient } from '../support/relay-client.ts';
import { hasDynoxide, startDynoxide } from '../support/dynoxide.ts';
import { isLocalTarget, startRelay } from '../support/relay-process.ts';

const preload = join(import.meta.dirname, '..', 'support', 'without-dynoxide.mjs');
const environment = { NODE_OPTIONS: `--import=${preload}`, NO_COLOR: '1' };

describe.runIf(isLocalTarget)('a platform without dynoxide', () => {
  it('prints in a few lines how to start another DynamoDB, and the relay on it', async () => {
    const started = startRelay({ environment });
    const text: string = await started.then(
      () => 'it started',
      (error: Error) => error.message,
    );
    const [, ...lines] = text.trim().split('\n');
    expect(lines).toEqual([
      `error: The package @dynoxide/${process.platform}-${process.arch}, which replaces DynamoDB, is not installed (it exists for 64-bit Linux).`,
      'Start DynamoDB Local in another terminal, in a container or with Java 17:',
      '  docker run --rm -p 127.0.0.1:8000:8000 amazon/dynamodb-local',
      '  java -Djava.library.path=./DynamoDBLocal_lib -jar DynamoDBLocal.jar -inMemory -port 8000',
      'and then the relay:',
      '  RELAY_DYNAMODB_ENDPOINT=http://127.0.0.1:8000 npm start -- --fresh',
      'Or open the repository in its devcontainer, which is 64-bit Linux.',
    ]);
  });

  it.runIf(hasDynoxide() || process.env['CI'])('brings a task to its end on a DynamoDB that is named', async () => {
    const dynamo = await startDynoxide();
    const named = { ...environment, RELAY_DYNAMODB_ENDPOINT: dynamo.endpoint };
    const relay = await startRelay({ environment: named, args: ['--fresh'] });
    try {
      const client = new RelayClient(relay.url, relay.apiKey);
      const task = await client.ended(await client.submit('simulator/5003.0/text-to-image'));
      expect(task).toMatchObject({ status: 'completed', attempts: [{ code: 5003 }, { code: 0 }] });
    } finally {
      await relay.stop();
      await dynamo.stop();
    }
  });
});
