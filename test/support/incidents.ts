// What incidents are made of, for the tests that end them in the console and in the shell: models that behave in a certain way,
// tasks of them, and the settings of the simulator that plays Get3W.
import { RelayClient } from './relay-client.ts';
import type { RelayProcess } from './relay-process.ts';

export const incidentModels = {
  /** Its tasks never end. */
  slow: 'simulator/never/text-to-image',
  quick: 'simulator/0/text-to-image',
  /** No script decides about it, so the simulator's faults do. */
  plain: 'vendor/plain/text-to-image',
} as const;

/** Submits that are under way at once. */
const AT_ONCE = 24;

/** A task of the model, by the operator's key or another. */
export async function submitOne(relay: RelayProcess, model: string, key = relay.apiKey): Promise<string> {
  const by = new RelayClient(relay.url, key);
  return (await by.call<{ id: string }>('POST', `/v1/${model}`, { body: { prompt: 'x' } })).body.id;
}

export async function submitMany(
  relay: RelayProcess,
  model: string,
  count: number,
  key = relay.apiKey,
): Promise<readonly string[]> {
  const ids: string[] = [];
  let started = 0;
  const worker = async (): Promise<void> => {
    while (started < count) {
      started += 1;
      ids.push(await submitOne(relay, model, key));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return ids;
}

/** Changes how Get3W behaves. */
export async function simulate(relay: RelayProcess, settings: object): Promise<void> {
  const url = `${relay.simulatorUrl}/_simulator/settings`;
  const { status } = await fetch(url, { method: 'PUT', body: JSON.stringify(settings) });
  if (status !== 200) throw new Error(`the simulator answered ${status} to ${JSON.stringify(settings)}`);
}
