// The alarms of the template on one machine: Get3W fails, an alarm fires and names its runbook section, Get3W recovers
// and the alarm is over. Periods pass twelve times as fast under --quick, everything else is as in AWS.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RelayClient } from '../support/relay-client.ts';
import { isLocalTarget, startRelay } from '../support/relay-process.ts';
import type { RelayProcess } from '../support/relay-process.ts';

interface Alarm {
  readonly name: string;
  readonly state: string;
  readonly reason: string;
  readonly since: string;
  readonly severity: string;
  readonly runbook: string;
  readonly contributors?: readonly { readonly group: { readonly code: string }; readonly state: string }[];
}

const FAILURE_RATE = 'get3w-relay/Settle/FailureRate';
const BY_CODE = 'get3w-relay/Settle/FailuresByCode';
/** Long enough for twenty outcomes and more in each of the alarm's periods, which are 25 s here. */
const SUBMIT_EVERY_MS = 250;
const WITHIN_MS = 120_000;
/** It stays on until only one of six periods was bad, so that waves of failures are one alarm. */
const OVER_WITHIN_MS = 240_000;

let relay: RelayProcess;
let client: RelayClient;
let traffic: NodeJS.Timeout | undefined;

beforeAll(async () => {
  if (!isLocalTarget) return;
  relay = await startRelay();
  client = new RelayClient(relay.url, relay.apiKey);
});
afterAll(async () => {
  clearInterval(traffic);
  await relay?.stop();
});

async function alarms(): Promise<readonly Alarm[]> {
  return (await (await fetch(`${relay.url}/_local/alarms`)).json()) as readonly Alarm[];
}

async function alarm(name: string): Promise<Alarm> {
  const found = (await alarms()).find((one) => one.name === name);
  if (!found) throw new Error(`no alarm ${name}`);
  return found;
}

function setFaults(faults: Readonly<Record<string, number>>) {
  return fetch(`${relay.simulatorUrl}/_simulator/settings`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ faults }),
  });
}

function reaches(name: string, state: string, timeout = WITHIN_MS) {
  return expect.poll(async () => (await alarm(name)).state, { timeout, interval: 500 }).toBe(state);
}

/** Alarms of a deployment are CloudWatch's, which needs no test of ours and takes minutes. */
describe.runIf(isLocalTarget)('alarms on one machine', () => {
  it('are all those of the template, each with state, reason, time, severity and runbook', async () => {
    const all = await alarms();
    expect(all.length).toBeGreaterThan(40);
    for (const { name, state, reason, since, severity, runbook } of all) {
      expect(['OK', 'ALARM', 'INSUFFICIENT_DATA'], name).toContain(state);
      expect(reason.length, name).toBeGreaterThan(0);
      expect(Date.parse(since), name).toBeGreaterThan(0);
      expect(['page', 'ticket'], name).toContain(severity);
      const [page, section] = runbook.split('#');
      expect(page, name).toBe(`${relay.url}/console/runbook`);
      expect(section, name).toMatch(/^[a-z0-9-]+$/);
    }
  });

  it(
    'fire by code while Get3W fails with 5003, and end when it no longer does',
    { timeout: 2 * WITHIN_MS + OVER_WITHIN_MS },
    async () => {
      await setFaults({ '5003': 0.6 });
      traffic = setInterval(
        () => void client.submit('google/nano-banana-pro/text-to-image').catch(() => {}),
        SUBMIT_EVERY_MS,
      );
      await reaches(FAILURE_RATE, 'ALARM');
      const fired = await alarm(FAILURE_RATE);
      expect(fired.severity).toBe('ticket');
      // The link opens without a key, and its section is there, which the page without script shows too.
      // With ten executions for all functions the gateway may have no place for a call; the browser is reloaded then.
      const page = async (address: string) => {
        const response = await fetch(address);
        return [response.status, await response.text()];
      };
      const [address = '', section] = fired.runbook.split('#');
      const shown = expect.stringContaining(`id="${section}"`);
      await expect.poll(() => page(address), { timeout: 15_000 }).toEqual([200, expect.stringContaining('<script')]);
      await expect.poll(() => page(`${address}-plain`), { timeout: 15_000 }).toEqual([200, shown]);

      // One more alarm says which code it is: it has a state for each.
      await reaches(BY_CODE, 'ALARM');
      const { reason, contributors = [] } = await alarm(BY_CODE);
      expect(reason).toContain('task-5003');
      expect(contributors.find(({ group }) => group.code === 'task-5003')?.state).toBe('ALARM');

      await setFaults({});
      await reaches(FAILURE_RATE, 'OK', OVER_WITHIN_MS);
    },
  );
});
