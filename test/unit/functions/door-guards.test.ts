// Guards of the door, for every route there is, from the list of routes: who is let in, whose things he can reach, and
// which values are taken. A route that is added without a row here does not compile.
import { beforeEach, describe, expect, it } from 'vitest';
import { queryParameters } from '../../../core/contract/query-parameters.ts';
import { methodsOf, routes } from '../../../core/contract/routes.ts';
import { keyIdOf } from '../../../core/domain/api-key.ts';
import { sha256Hex } from '../../../core/domain/sha256-hex.ts';
import { newDelivery } from '../../../core/domain/webhook/delivery.ts';
import { limits } from '../../../core/domain/limits.ts';
import { ApiDoor, doorAccountId, doorKey } from '../../support/api-door.ts';
import { NOW, sampleTask } from '../../support/sample-task.ts';
import type { Task } from '../../../core/domain/task/task.ts';
import type { MemoryRelay } from '../../support/memory-relay.ts';
import type { CheckedRoute } from '../../../core/contract/query-parameters.ts';
import type { DoorAccount, DoorReply } from '../../support/api-door.ts';

interface Guard {
  /** `operator`: steers or shows the whole relay. `all`: every account, for what is its own. */
  readonly scope: 'all' | 'operator';
  /** Whether an operator reaches things of other accounts through it. */
  readonly isOpenToOperators?: boolean;
  /** A body with which its owner is let in. */
  readonly body?: object;
  /** What its owner is answered. */
  readonly status?: number;
  /** Whether it reads a body, field by field. */
  readonly hasFields?: boolean;
}

const all: Guard = { scope: 'all' };
/** Of one account, and an operator reaches it. */
const open: Guard = { scope: 'all', isOpenToOperators: true };
const operators: Guard = { scope: 'operator' };

const mute = { code: 429, model: '*', until: new Date(NOW + 60_000).toISOString(), reason: 'known' };

const guards: Readonly<Record<CheckedRoute, Guard>> = {
  submitTask: { ...all, body: { prompt: 'a cat' } },
  listTasks: all,
  getTask: open,
  getOutput: { ...open, status: 302 },
  cancelTask: open,
  retryTask: open,
  taskDeliveries: open,
  replayTaskDelivery: open,
  // The task of this door has not ended.
  eraseTask: { ...open, status: 409 },
  listEvents: all,
  createEndpoint: { ...all, body: { url: 'https://app.example/other' }, status: 201, hasFields: true },
  listEndpoints: all,
  getEndpoint: open,
  updateEndpoint: { ...open, body: { description: 'mine' }, hasFields: true },
  deleteEndpoint: open,
  rotateEndpointSecret: { ...open, hasFields: true },
  testEndpoint: open,
  recoverEndpoint: { ...open, body: { since: '2026-01-01' }, hasFields: true },
  endpointDeliveries: open,
  replayEndpointDelivery: open,
  rotateWebhookSecret: { ...all, hasFields: true },
  createJob: { ...all, body: { action: 'cancel', filter: { status: 'waiting' } }, hasFields: true },
  listFailures: all,
  muteFailures: { ...all, body: mute, hasFields: true },
  // Nothing is muted behind this door.
  unmuteFailures: { ...all, body: { code: 429, model: '*' }, status: 404, hasFields: true },
  listJobs: all,
  getJob: open,
  stopJob: open,
  listAccounts: operators,
  getAccount: all,
  changeAccount: { ...operators, body: { weight: 2 }, hasFields: true },
  suspendAccount: { ...operators, hasFields: true },
  resumeAccount: { ...operators, hasFields: true },
  getSpend: all,
  createUpload: { ...all, body: { content_type: 'image/png', bytes: 3 }, status: 201, hasFields: true },
  createKey: { ...all, status: 201, hasFields: true },
  listKeys: all,
  revokeKey: all,
  listDeadLetters: operators,
  redriveDeadLetters: { ...operators, body: { queue: 'all' }, hasFields: true },
  listAudit: operators,
  getGate: operators,
  pauseGate: operators,
  resumeGate: operators,
  readMetrics: operators,
  listAlarms: operators,
  readAlarmHistory: operators,
  acknowledgeAlarm: { ...operators, body: { name: 'Settle/Spend' }, status: 404, hasFields: true },
};

const names = Object.keys(guards) as CheckedRoute[];
const OWNER: DoorAccount = 'client';
const accountId = doorAccountId(OWNER);
const liveTask = sampleTask({ id: '019b0000-0000-7000-8000-000000000001', accountId });
const { due: _due, ...failed } = sampleTask({
  id: '019b0000-0000-7000-8000-000000000002',
  accountId,
  status: 'failed',
});
const failedTask = { ...failed, ends: 1, endedAt: NOW, result: { code: 1200, error: 'no', outputs: null } };

const keepingTask: Task = {
  ...failed,
  id: '019b0000-0000-7000-8000-000000000003',
  status: 'completed',
  ends: 1,
  endedAt: NOW,
  keep: 'after-end',
  result: { code: 0, error: null, outputs: ['https://outputs.example/1.png'] },
};

/** Whose one output is kept. */
async function putKeepingTask({ store }: MemoryRelay): Promise<void> {
  await store.createTask({ task: keepingTask, input: '{}' });
  const job = await store.loadKeepJob(keepingTask.id);
  if (!job) throw new Error('no job');
  const stored = { key: 'outputs/1', bytes: 3, sha256: 'ab', contentType: 'image/png' };
  await store.saveKeepJob({ ...job, outputs: [{ state: 'kept', tries: 1, keptAt: NOW, ...stored }] });
}

/** What the owner has, and what must be as it was after a stranger has called. */
async function setUp() {
  const door = await ApiDoor.open();
  const { store } = door.relay;
  await door.relay.put(liveTask);
  await door.relay.put(failedTask);
  await putKeepingTask(door.relay);
  const made = await door.call('POST', '/v1/webhook-endpoints', { body: { url: 'https://app.example/hook' } });
  const { id: endpointId } = made.body as { id: string };
  const event = { id: 'evt_1', type: 'task.failed', accountId, at: NOW, taskId: failedTask.id, data: {} } as const;
  const logged = { event, position: NOW };
  const delivery = newDelivery({ logged, laneId: endpointId, now: NOW, expiresAt: NOW + 86_400_000 });
  await store.addDelivery(delivery);
  await store.noteDeliveries(logged, [{ laneId: endpointId, id: delivery.id }]);
  const job = await door.call('POST', '/v1/jobs', { body: { action: 'cancel', filter: { model: 'none/of/these' } } });
  const { id: jobId } = job.body as { id: string };
  const secrets = [jobId, delivery.id, endpointId, liveTask.id, failedTask.id, 'app.example/hook'];
  const state = async (): Promise<string> =>
    JSON.stringify([
      store.allTasks().filter((task) => task.accountId === accountId),
      await store.listEndpoints(accountId),
      await store.loadDeliveries([{ laneId: endpointId, id: delivery.id }]),
      await store.loadSigning(accountId),
      await store.loadGate('default'),
      await store.loadJob(jobId),
      await door.accounts.loadAccount(accountId),
      (await door.accounts.listKeys(accountId)).map(({ digest, revokedAt }) => [digest, revokedAt]),
    ]);
  return { door, jobId, endpointId, deliveryId: delivery.id, secrets, state };
}

let world: Awaited<ReturnType<typeof setUp>>;

beforeEach(async () => {
  world = await setUp();
});

function pathOf(name: CheckedRoute): string {
  const { path } = routes[name];
  const ofState: Partial<Record<CheckedRoute, string>> = {
    cancelTask: liveTask.id,
    getTask: liveTask.id,
    getOutput: keepingTask.id,
  };
  const taskId = ofState[name] ?? failedTask.id;
  return path
    .replace('/v1/keys/{id}', `/v1/keys/${keyIdOf({ digest: sha256Hex(doorKey(OWNER)) })}`)
    .replace('/v1/accounts/{id}', `/v1/accounts/${accountId}`)
    .replace('/v1/jobs/{id}', `/v1/jobs/${world.jobId}`)
    .replace('{id}', path.startsWith('/v1/requests') ? taskId : world.endpointId)
    .replace('{number}', '0')
    .replace('{delivery}', world.deliveryId)
    .replace('{vendor}/{model}/{task}', 'acme/sketch/text-to-image')
    .replace('/metrics', '/metrics?name=TasksAccepted');
}

interface Calling {
  readonly key?: string | null;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly query?: string;
}

function call(name: CheckedRoute, calling: Calling): Promise<DoorReply> {
  const { method = routes[name].method, query, ...rest } = calling;
  const path = pathOf(name);
  const target = query === undefined ? path : `${path}${path.includes('?') ? '&' : '?'}${query}`;
  return world.door.call(method, target, { ...(guards[name].body && { body: guards[name].body }), ...rest });
}

function isOfOneThing(name: CheckedRoute): boolean {
  return guards[name].scope === 'all' && routes[name].path.includes('{id}');
}

const methodRows = names.flatMap((name) => methodsOf(routes[name]).map((method) => [method, name] as const));

describe('every route', () => {
  it('has a guard, unless it is open to the world', () => {
    const open = Object.keys(routes).filter((name) => !names.some((known) => known === name));
    expect(open).toEqual(['health', 'getFile', 'callback', 'console', 'consolePath', 'openApi']);
  });

  it.each(methodRows)('%s %s refuses every call without a valid key', async (method, name) => {
    const { door } = world;
    const revoked = { digest: sha256Hex('sk_revoked'), accountId, hint: 'sk_r', createdAt: NOW };
    await door.accounts.putKey(revoked);
    await door.accounts.revokeKey(revoked.digest, NOW);
    await door.accounts.putKey({ ...revoked, digest: sha256Hex('sk_orphan'), accountId: 'acc_gone' });
    const before = await world.state();
    const refusals = await Promise.all([
      call(name, { method, key: null }),
      call(name, { method, key: null, headers: { authorization: doorKey(OWNER) } }),
      call(name, { method, key: null, headers: { authorization: `Basic ${doorKey(OWNER)}` } }),
      call(name, { method, key: 'sk_unknown' }),
      call(name, { method, key: 'sk_revoked' }),
      call(name, { method, key: 'sk_orphan' }),
      call(name, { method, key: `${doorKey(OWNER)}x` }),
    ]);
    expect(refusals.map(({ status }) => status)).toEqual(Array(7).fill(401));
    expect(await world.state()).toBe(before);
  });

  it.each(names)('%s lets its owner in', async (name) => {
    const key = doorKey(guards[name].scope === 'operator' ? 'operator' : OWNER);
    expect((await call(name, { key })).status).toBe(guards[name].status ?? 200);
  });
});

describe('an operator’s route', () => {
  it.each(names.filter((name) => guards[name].scope === 'operator'))('%s refuses every other account', async (name) => {
    const before = await world.state();
    for (const method of methodsOf(routes[name])) {
      expect((await call(name, { method, key: doorKey(OWNER) })).status).toBe(403);
    }
    expect(await world.state()).toBe(before);
  });
});

describe('what is one account’s', () => {
  it.each(names.filter(isOfOneThing))('is not found by another through %s, and stays as it was', async (name) => {
    const before = await world.state();
    for (const method of methodsOf(routes[name])) {
      const reply = await call(name, { method, key: doorKey('other') });
      expect(reply.status).toBe(404);
      for (const secret of world.secrets) expect(reply.text).not.toContain(secret);
    }
    expect(await world.state()).toBe(before);
    expect(world.door.receivers.calls).toEqual([]);
  });

  it.each(names.filter(isOfOneThing))('is reached by an operator through %s only where that is meant', async (name) => {
    const before = await world.state();
    const { status } = await call(name, { key: doorKey('operator') });
    expect(status).toBe(guards[name].isOpenToOperators ? (guards[name].status ?? 200) : 404);
    if (status === 404) expect(await world.state()).toBe(before);
  });

  it.each(names.filter((name) => guards[name].scope === 'all' && !isOfOneThing(name)))(
    'is not visible in what %s answers another',
    async (name) => {
      const before = await world.state();
      const reply = await call(name, { key: doorKey('other') });
      expect(reply.status).toBe(guards[name].status ?? 200);
      for (const secret of world.secrets) expect(reply.text).not.toContain(secret);
      expect(await world.state()).toBe(before);
    },
  );

  it('is of the endpoint that is named: a delivery is not found by way of another', async () => {
    const { body } = await world.door.call('POST', '/v1/webhook-endpoints', { body: { url: 'https://app.example/2' } });
    const { id } = body as { id: string };
    const path = `/v1/webhook-endpoints/${id}/deliveries/${world.deliveryId}/replay`;
    expect((await world.door.call('POST', path)).status).toBe(404);
    const ofTask = `/v1/requests/${liveTask.id}/deliveries/${world.deliveryId}/replay`;
    expect((await world.door.call('POST', ofTask)).status).toBe(404);
    const unknown = `/v1/requests/${failedTask.id}/deliveries/dlv_${'0'.repeat(32)}/replay`;
    expect((await world.door.call('POST', unknown)).status).toBe(404);
  });
});

describe('a value', () => {
  const keyFor = (name: CheckedRoute): string => doorKey(guards[name].scope === 'operator' ? 'operator' : OWNER);

  it.each(names)('that %s does not know is refused by its name', async (name) => {
    const before = await world.state();
    const reply = await call(name, { key: keyFor(name), query: 'unheard_of=1' });
    expect(reply).toMatchObject({ status: 400, body: { details: expect.stringContaining('unheard_of') } });
    expect(await world.state()).toBe(before);
  });

  it.each(names.flatMap((name) => queryParameters[name].map((parameter) => [name, parameter] as const)))(
    'that is given to %s twice is refused: %s',
    async (name, parameter) => {
      const reply = await call(name, { key: keyFor(name), query: `${parameter}=1&${parameter}=1` });
      expect(reply).toMatchObject({ status: 400, body: { details: `${parameter} is given twice` } });
    },
  );

  it.each(names.filter((name) => queryParameters[name].includes('limit')))(
    'of limit is bounded by %s',
    async (name) => {
      const statusOf = async (limit: number) =>
        (await call(name, { key: keyFor(name), query: `limit=${limit}` })).status;
      const { pageSizeMax } = limits;
      expect([await statusOf(0), await statusOf(1)]).toEqual([400, 200]);
      expect([await statusOf(pageSizeMax), await statusOf(pageSizeMax + 1)]).toEqual([200, 400]);
    },
  );

  it.each(names.filter((name) => guards[name].hasFields))('in the body of %s is a known one', async (name) => {
    const before = await world.state();
    for (const body of ['{', '[]', '{"unheard_of":1}', Buffer.from([0x7b, 0xff, 0x7d])]) {
      expect((await call(name, { key: keyFor(name), body })).status).toBe(400);
    }
    expect(await world.state()).toBe(before);
  });
});
