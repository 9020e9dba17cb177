// Outputs that stay, from outside: Get3W's copy is gone and the relay's still answers, and the commands about them.
import { createHash } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RelayClient } from '../support/relay-client.ts';
import { relayCommands } from '../support/relay-commands.ts';
import { isLocalTarget, startRelay } from '../support/relay-process.ts';
import type { PublicKeptOutput } from '../../core/http/public-outputs.ts';
import type { PublicTask } from '../../core/http/public-task.ts';
import type { RelayCommands } from '../support/relay-commands.ts';
import type { RelayProcess } from '../support/relay-process.ts';

const MODEL = 'google/nano-banana-pro/text-to-image';

let relay: RelayProcess;
let client: RelayClient;
let commands: RelayCommands;

beforeAll(async () => {
  if (!isLocalTarget) return;
  relay = await startRelay();
  client = new RelayClient(relay.url, relay.apiKey);
  commands = relayCommands(relay.commandLineTarget);
});
afterAll(() => relay?.stop());

/** How Get3W's stand-in serves outputs; zero deletes them as soon as their task has ended. */
function setOutputsTtl(outputsTtlMs: number): Promise<void> {
  return setSimulator({ outputsTtlMs });
}

async function setSimulator(settings: object): Promise<void> {
  const answer = await fetch(`${relay.simulatorUrl}/_simulator/settings`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(settings),
  });
  expect(answer.status).toBe(200);
}

const WEEK_MS = 604_800_000;

async function keptOutput(taskId: string, state: PublicKeptOutput['state']): Promise<PublicKeptOutput> {
  const read = async () => (await client.call<PublicTask>('GET', `/v1/requests/${taskId}`)).body.kept_outputs ?? [];
  await expect.poll(async () => (await read())[0]?.state, { timeout: 45_000, interval: 250 }).toBe(state);
  return (await read())[0] as PublicKeptOutput;
}

async function fetched(url: string | null): Promise<{ status: number; sha256: string }> {
  const answer = await fetch(url ?? '');
  const sha256 = createHash('sha256').update(Buffer.from(await answer.arrayBuffer()));
  return { status: answer.status, sha256: sha256.digest('hex') };
}

describe.runIf(isLocalTarget)('an output that is kept', () => {
  it("is answered when Get3W's copy is gone: by the task, its number, and the address of its event", async () => {
    const id = await client.submit(MODEL, { query: '?keep=true' });
    const kept = await keptOutput(id, 'kept');
    await setOutputsTtl(0);
    try {
      expect((await fetched(kept.source)).status).toBe(410);
      const sha256 = kept.sha256;
      expect(await fetched(kept.url)).toEqual({ status: 200, sha256 });
      const byNumber = await fetch(`${relay.url}/v1/requests/${id}/outputs/0`, {
        headers: { authorization: `Bearer ${relay.apiKey}` },
        redirect: 'manual',
      });
      expect(await fetched(byNumber.headers.get('location'))).toEqual({ status: 200, sha256 });
      interface Event {
        readonly type: string;
        readonly data: { readonly id: string; readonly kept_outputs?: readonly PublicKeptOutput[] };
      }
      const { body } = await client.call<{ data: readonly Event[] }>('GET', '/v1/events?after=2020-01-01');
      const told = body.data.find(({ type, data }) => type === 'task.outputs-kept' && data.id === id);
      expect(await fetched(told?.data.kept_outputs?.[0]?.url ?? null)).toEqual({ status: 200, sha256 });
    } finally {
      await setOutputsTtl(WEEK_MS);
    }
  });
});

describe.runIf(isLocalTarget)('an output that Get3W refuses to hand out', () => {
  const ALARM = 'get3w-relay/Keep/OldestUnkept';
  /** The threshold is a minute here, and its period of an hour lasts five. */
  const WITHIN_MS = 8 * 60_000;

  async function alarmState(): Promise<string | undefined> {
    const all = (await (await fetch(`${relay.url}/_local/alarms`)).json()) as readonly {
      name: string;
      state: string;
    }[];
    return all.find(({ name }) => name === ALARM)?.state;
  }

  it(
    'fires the alarm on its age long before it expires, and is kept once Get3W recovers',
    { timeout: 2 * WITHIN_MS },
    async () => {
      await setSimulator({ outputsRefused: 1 });
      const id = await client.submit(MODEL, { query: '?keep=true' });
      await client.ended(id);
      expect(await alarmState()).not.toBe('ALARM');
      await expect.poll(alarmState, { timeout: WITHIN_MS, interval: 1_000 }).toBe('ALARM');
      expect((await keptOutput(id, 'pending')).cause).toBe('status');
      await setSimulator({ outputsRefused: 0 });
      await keptOutput(id, 'kept');
    },
  );
});

describe.runIf(isLocalTarget)('relay outputs', () => {
  interface Listed {
    readonly data: readonly { readonly task_id: string; readonly state: string; readonly sha256: string | null }[];
    readonly has_more: boolean;
  }

  it('keeps the output of a task that did not ask for it, and lists it by account and time', async () => {
    const id = await client.submit(MODEL);
    await client.ended(id);
    expect(await commands.json(['outputs', 'keep', id])).toMatchObject({ data: [{ id, outputs: 1, refused: null }] });
    const { sha256 } = await keptOutput(id, 'kept');
    const { account_id: account } = await commands.json<{ account_id: string }>(['tasks', 'show', id]);
    const today = new Date().toISOString().slice(0, 10);
    const listed = await commands.json<Listed>(['outputs', 'list', '--account', account, '--from', today]);
    expect(listed.data).toContainEqual(expect.objectContaining({ task_id: id, state: 'kept', sha256 }));
    expect((await commands.json<Listed>(['outputs', 'list', '--to', today])).data).toEqual([]);
    expect((await commands.run(['outputs', 'keep', id])).stdout).toContain('its outputs are kept already');
  });

  it('tries a lost one again once it can be fetched', async () => {
    await setOutputsTtl(0);
    const id = await client.submit(MODEL, { query: '?keep=true' });
    const lost = await keptOutput(id, 'lost');
    expect(lost.cause).toBe('gone');
    await setOutputsTtl(WEEK_MS);
    const { data } = await commands.json<Listed>(['outputs', 'list', '--state', 'lost']);
    expect(data.map(({ task_id: taskId }) => taskId)).toContain(id);
    await commands.json(['outputs', 'keep', id, '--reason', 'it is back']);
    await keptOutput(id, 'kept');
    const { data: acts } = await commands.json<{ data: object[] }>(['audit', '--action', 'task.keep']);
    expect(acts[0]).toMatchObject({ action: 'task.keep', target: id, reason: 'it is back' });
  });

  it('finds an object of the bucket that is not what was kept', async () => {
    const id = await client.submit(MODEL, { query: '?keep=true' });
    const kept = await keptOutput(id, 'kept');
    expect(await commands.json(['outputs', 'verify', id])).toMatchObject({ outputs: 1, different: [] });

    const folder = join(relay.dataDir, 'objects', 'buckets');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    const file = files.find((name) => name.includes(id) && name.endsWith('.content')) ?? '';
    writeFileSync(join(folder, file), 'something else');
    const { exitCode, stdout } = await commands.run(['outputs', 'verify', id, '--json']);
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ different: [{ task_id: id, key: kept.key, found: 'other-bytes' }] });
    expect((await commands.run(['outputs', 'verify'])).exitCode).toBe(1);
  });

  it('are kept by default where the account says so', async () => {
    const { id: account } = await commands.json<{ id: string }>(['accounts', 'create', 'keeper', '--keep', 'yes']);
    const { key } = await commands.json<{ key: string }>(['keys', 'create', account]);
    const owner = new RelayClient(relay.url, key);
    expect((await owner.call<{ keep: string }>('GET', '/v1/account')).body.keep).toBe('yes');
    await keptOutput(await owner.submit(MODEL), 'kept');
    const refusing = await owner.submit(MODEL, { query: '?keep=false' });
    expect(await owner.ended(refusing)).not.toHaveProperty('kept_outputs');
    await commands.json(['accounts', 'set', account, '--keep', 'none']);
    expect((await owner.call<{ keep: string }>('GET', '/v1/account')).body.keep).toBe('no');
  });
});
