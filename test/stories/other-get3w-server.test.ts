import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSimulator } from '../../simulator/start-simulator.ts';
import { RelayClient } from '../support/relay-client.ts';
import { isLocalTarget, startRelay } from '../support/relay-process.ts';
import type { RunningSimulator } from '../../simulator/start-simulator.ts';
import type { RelayProcess } from '../support/relay-process.ts';

const KEY = 'sk_of_the_other_server';

interface SimulatedTask {
  readonly request_id: string;
  readonly webhook: string | null;
}

describe.skipIf(!isLocalTarget)('a relay before another server that speaks the language of Get3W', () => {
  let server: RunningSimulator;
  let relay: RelayProcess | undefined;
  beforeEach(async () => void (server = await startSimulator({ apiKeys: [KEY], settings: { durationMs: 200 } })));
  afterEach(async () => {
    await relay?.stop();
    await server.close();
  });

  const start = async (args: readonly string[]): Promise<RelayClient> => {
    relay = await startRelay({ args, environment: { GET3W_URL: `${server.url}/`, GET3W_API_KEY: KEY } });
    return new RelayClient(relay.url, relay.apiKey);
  };

  it.each([
    ['polls it', [], null],
    ['waits for its webhooks with --callbacks', ['--callbacks'], expect.stringContaining('/callbacks/')],
  ])('is polled for the outcome correctly: it %s', async (_what, args, webhook: unknown) => {
    const client = await start(args);
    const id = await client.submit('simulator/5003.0/text-to-image');
    const task = await client.ended(id);
    expect(task).toMatchObject({ status: 'completed', code: 0 });
    expect(relay?.simulatorUrl).toBeNull();
    const answer = await fetch(`${server.url}/_simulator/tasks?request_id=${id}`);
    const { tasks } = (await answer.json()) as { tasks: SimulatedTask[] };
    expect(tasks.map((made) => made.webhook)).toEqual(tasks.map(() => webhook));
    expect(tasks.length).toBeGreaterThanOrEqual(2);
  });
});
