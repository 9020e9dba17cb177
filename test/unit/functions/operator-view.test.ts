// What an operator sees and does across accounts: lists of another account and of all, whose each thing is, and acts on
// endpoints and deliveries of others. That other accounts see nothing of this is door-guards.test.ts's.
import { beforeEach, describe, expect, it } from 'vitest';
import { newDelivery } from '../../../core/domain/webhook/delivery.ts';
import { ApiDoor, doorAccountId, doorKey } from '../../support/api-door.ts';
import { NOW, sampleTask } from '../../support/sample-task.ts';
import type { DoorAccount } from '../../support/api-door.ts';

const names: readonly DoorAccount[] = ['client', 'other', 'operator'];
const key = doorKey('operator');
const owner = doorAccountId('client');

interface Row {
  readonly id: string;
  readonly account?: string;
}

interface Page {
  readonly data: readonly Row[];
  readonly next_cursor: string | null;
}

let door: ApiDoor;

beforeEach(async () => {
  door = await ApiDoor.open();
});

async function pagesOf(path: string): Promise<readonly Page[]> {
  const pages: Page[] = [];
  let cursor: string | null = null;
  do {
    const suffix: string = cursor === null ? '' : `&cursor=${cursor}`;
    const { body } = await door.call('GET', `${path}${suffix}`, { key });
    pages.push(body as Page);
    cursor = (body as Page).next_cursor;
  } while (cursor !== null && pages.length < 100);
  return pages;
}

/** Tasks of the three accounts in turn, oldest first. */
async function putTasks(count: number): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (let index = 0; index < count; index += 1) {
    const accountId = doorAccountId(names[index % names.length] ?? 'client');
    const { id } = await door.relay.put(sampleTask({ id: door.relay.randomSource.id(), accountId }));
    rows.push({ id, account: accountId });
  }
  return rows;
}

/** Registers an endpoint of an account. */
async function registered(name: DoorAccount, path = 'hook'): Promise<string> {
  const body = { url: `https://app.example/${path}` };
  const reply = await door.call('POST', '/v1/webhook-endpoints', { key: doorKey(name), body });
  return (reply.body as Row).id;
}

describe('a list of tasks', () => {
  it('of all accounts shows an operator each task once, newest first, with its account', async () => {
    const rows = await putTasks(25);
    const pages = await pagesOf('/v1/requests?account=*&limit=10');
    expect(pages.map(({ data }) => data.length)).toEqual([10, 10, 5]);
    const shown = pages.flatMap(({ data }) => data.map(({ id, account }) => ({ id, account })));
    expect(shown).toEqual(rows.toReversed());
  });

  it('of another account shows that one alone; without account it is the operator’s own', async () => {
    const rows = await putTasks(9);
    for (const [query, accountId] of [
      [`account=${owner}`, owner],
      ['limit=20', doorAccountId('operator')],
    ] as const) {
      const [page] = await pagesOf(`/v1/requests?${query}`);
      const own = rows.filter(({ account }) => account === accountId).map(({ id }) => id);
      expect(page?.data.map(({ id }) => id)).toEqual(own.toReversed());
    }
  });

  it('of others is refused to every other key; of itself every account may name it', async () => {
    await putTasks(3);
    for (const account of ['*', doorAccountId('other')]) {
      for (const path of ['/v1/requests', '/v1/webhook-endpoints']) {
        const reply = await door.call('GET', `${path}?account=${account}`);
        expect(reply).toMatchObject({ status: 403, body: { error: 'Missing scope' } });
      }
    }
    expect((await door.call('GET', `/v1/events?account=${doorAccountId('other')}`)).status).toBe(403);
    const own = await door.call('GET', `/v1/requests?account=${owner}`);
    expect(own).toMatchObject({ status: 200, body: { data: [expect.not.objectContaining({ account: owner })] } });
  });

  it.each(['acc_', 'x', '*&status=failed&cursor=x', 'acc_a b'])('does not take account=%s', async (account) => {
    expect((await door.call('GET', `/v1/requests?account=${account}`, { key })).status).toBe(400);
  });

  it('has cursors that are good for it alone', async () => {
    await putTasks(6);
    const [all] = await pagesOf('/v1/requests?account=*&limit=1');
    const reply = await door.call('GET', `/v1/requests?account=${owner}&cursor=${all?.next_cursor}`, { key });
    expect(reply.status).toBe(400);
  });
});

describe('the list of accounts', () => {
  it('goes through all of them, each once, in the order of their ids', async () => {
    for (let count = 0; count < 8; count += 1) {
      const id = `acc_b${count}`;
      await door.accounts.putAccount({ id, name: id, weight: 1, isOperator: false, activeTasks: 0, createdAt: NOW });
    }
    const ids = (await door.accounts.listAccounts()).map(({ id }) => id);
    for (const limit of [1, 3, 11, 100]) {
      const pages = await pagesOf(`/v1/accounts?limit=${limit}`);
      expect(
        pages.flatMap(({ data }) => data.map(({ id }) => id)),
        String(limit),
      ).toEqual(ids);
    }
    expect((await door.call('GET', '/v1/accounts?cursor=x', { key })).status).toBe(400);
  });
});

describe('a list of endpoints', () => {
  it('of all accounts goes through them, each endpoint once, with its account', async () => {
    const made: Row[] = [];
    for (const name of [...names].sort()) {
      for (let count = 0; count < 3; count += 1) {
        made.push({ id: await registered(name, String(count)), account: doorAccountId(name) });
      }
    }
    // More accounts than one page reads, none of which has an endpoint.
    for (let count = 0; count < 60; count += 1) {
      const id = `acc_b${String(count).padStart(3, '0')}`;
      await door.accounts.putAccount({ id, name: id, weight: 1, isOperator: false, activeTasks: 0, createdAt: NOW });
    }
    for (const limit of [1, 2, 4, 100]) {
      const pages = await pagesOf(`/v1/webhook-endpoints?account=*&limit=${limit}`);
      const shown = pages.flatMap(({ data }) => data.map(({ id, account }) => ({ id, account })));
      expect(shown, String(limit)).toEqual(made);
    }
    const [own] = await pagesOf(`/v1/webhook-endpoints?account=${owner}&limit=2`);
    expect(own?.data.map(({ id }) => id)).toEqual(made.slice(0, 2).map(({ id }) => id));
  });
});

describe('an endpoint of another account', () => {
  it('is shown, changed, tested and deleted by an operator, and stays its account’s', async () => {
    const id = await registered('client');
    const path = `/v1/webhook-endpoints/${id}`;
    expect(await door.call('GET', path, { key })).toMatchObject({ status: 200, body: { id, account: owner } });
    const body = { description: 'changed', url: 'https://app.example/new' };
    expect(await door.call('PATCH', path, { key, body })).toMatchObject({ status: 200, body: { account: owner } });
    expect((await door.call('POST', `${path}/rotate-secret`, { key })).status).toBe(200);
    expect((await door.call('POST', `${path}/test`, { key })).status).toBe(200);
    expect(await door.call('GET', path)).toMatchObject({ body: { description: 'changed' } });
    expect(await door.call('DELETE', path, { key })).toMatchObject({ status: 200, body: { account: owner } });
    expect((await door.call('GET', path)).status).toBe(404);
    expect((await door.call('GET', path, { key })).status).toBe(404);
  });

  it('has deliveries that an operator sees, replays and recovers', async () => {
    const laneId = await registered('client');
    const event = { id: 'evt_1', type: 'task.failed', accountId: owner, at: NOW, data: {} } as const;
    const delivery = newDelivery({ logged: { event, position: NOW }, laneId, now: NOW, expiresAt: NOW + 86_400_000 });
    await door.relay.store.addDelivery(delivery);
    const path = `/v1/webhook-endpoints/${laneId}`;
    const listed = await door.call('GET', `${path}/deliveries`, { key });
    expect(listed).toMatchObject({ status: 200, body: { data: [{ id: delivery.id, account: owner }] } });
    const replayed = await door.call('POST', `${path}/deliveries/${delivery.id}/replay`, { key });
    expect(replayed).toMatchObject({ status: 200, body: { replays: 1, account: owner } });
    const recovered = await door.call('POST', `${path}/recover`, { key, body: { since: '2026-01-01' } });
    expect(recovered).toMatchObject({ status: 200, body: { done: true } });
  });
});
