import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RelayClient } from '../support/relay-client.ts';
import { isLocalTarget, startRelay } from '../support/relay-process.ts';
import type { RelayProcess } from '../support/relay-process.ts';

describe.skipIf(!isLocalTarget)("a relay with AWS's limits and one execution for all functions", () => {
  let relay: RelayProcess;
  let client: RelayClient;
  beforeAll(async () => {
    relay = await startRelay({ args: ['--like-aws', '--concurrency', '1'] });
    client = new RelayClient(relay.url, relay.apiKey);
  });
  afterAll(() => relay.stop());

  it('refuses a call without a free execution in the words of the gateway, counts it, and answers the rest', async () => {
    const headers = { authorization: `Bearer ${relay.apiKey}` };
    const bodies = new Map<number, Set<string>>();
    const call = async (): Promise<void> => {
      const response = await fetch(`${relay.url}/v1/requests`, { headers });
      const { status } = response;
      bodies.set(status, (bodies.get(status) ?? new Set()).add(await response.text()));
    };
    // While another function has the one execution, every call of a round is refused: then there is one more round.
    const round = async (): Promise<readonly number[]> => {
      await Promise.all(Array.from({ length: 40 }, call));
      return [...bodies.keys()].toSorted();
    };
    await expect.poll(round, { timeout: 20_000 }).toEqual([200, 503]);
    expect(bodies.get(503)).toEqual(new Set(['{"message":"Service Unavailable"}']));
    const url = `${relay.url}/_local/metrics?name=Throttles&period=3600`;
    const { series } = (await (await fetch(url)).json()) as { series: unknown[] };
    expect(series.length).toBeGreaterThan(0);
  });

  it('brings tasks to their end all the same', async () => {
    const ids = await Promise.all(
      ['0', '5003.0', '429.0'].map((steps) => client.submit(`simulator/${steps}/text-to-image`)),
    );
    const tasks = await Promise.all(ids.map((id) => client.ended(id)));
    expect(tasks.map(({ status }) => status)).toEqual(['completed', 'completed', 'completed']);
  });
});
