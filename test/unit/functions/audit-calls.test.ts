// The audit log of the API: which acts are on the record, with what, and what of them operators read.
import { beforeEach, describe, expect, it } from 'vitest';
import { ApiDoor, doorAccountId, doorKey } from '../../support/api-door.ts';
import { NOW, sampleTask } from '../../support/sample-task.ts';
import type { PublicAuditEntry } from '../../../core/http/public-audit.ts';

const operator = doorKey('operator');
const owner = doorAccountId('client');
const actor = { kind: 'key', account: doorAccountId('operator'), key_hint: 'sk_' };

let door: ApiDoor;

beforeEach(async () => {
  door = await ApiDoor.open();
});

async function entries(query = ''): Promise<readonly PublicAuditEntry[]> {
  const { body } = await door.call('GET', `/v1/audit${query}`, { key: operator });
  return (body as { data: readonly PublicAuditEntry[] }).data;
}

async function putTask(): Promise<string> {
  const { id } = await door.relay.put(sampleTask({ id: door.relay.randomSource.id(), accountId: owner }));
  return id;
}

describe('the audit log', () => {
  it('has each act of an operator on another account: who, what, on what, why and when', async () => {
    const id = await putTask();
    await door.call('DELETE', `/v1/requests/${id}?reason=runs%20for%20ever`, { key: operator });
    expect(await entries()).toMatchObject([
      {
        at: new Date(NOW).toISOString(),
        actor,
        action: 'task.cancel',
        target: id,
        account: owner,
        reason: 'runs for ever',
        outcome: 'done',
        error: null,
      },
    ]);
  });

  it('has changes of the gate and of keys, for every caller', async () => {
    await door.call('POST', '/v1/gate/pause?reason=bill', { key: operator });
    await door.call('POST', '/v1/gate/resume', { key: operator });
    const made = await door.call('POST', '/v1/keys', { body: { name: 'ci' } });
    const { id } = made.body as { id: string };
    await door.call('DELETE', `/v1/keys/${id}`);
    expect(await entries()).toMatchObject([
      { action: 'key.revoke', target: id, account: owner, actor: { account: owner } },
      { action: 'key.create', target: id, account: owner, actor: { account: owner } },
      { action: 'gate.resume', target: 'default', reason: null },
      { action: 'gate.pause', target: 'default', reason: 'bill', actor },
    ]);
  });

  it('has nothing of what accounts do with their own things, unless they say why', async () => {
    await door.call('DELETE', `/v1/requests/${await putTask()}`);
    await door.call('POST', '/v1/a/b/c', { key: operator, body: { prompt: 'a cat' } });
    await door.call('GET', `/v1/requests?account=${owner}`, { key: operator });
    expect(await entries()).toEqual([]);
    await door.call('DELETE', `/v1/requests/${await putTask()}?reason=a%20mistake`);
    expect(await entries()).toMatchObject([{ action: 'task.cancel', reason: 'a mistake', actor: { account: owner } }]);
  });

  it('shows what was refused and what failed, and nothing of the inside', async () => {
    const id = await putTask();
    await door.call('POST', `/v1/requests/${id}/retry`, { key: operator });
    await door.call('DELETE', '/v1/requests/unknown', { key: operator });
    door.relay.store.commit = () => Promise.reject(new TypeError('secret of the inside'));
    await door.call('DELETE', `/v1/requests/${id}`, { key: operator });
    expect(await entries()).toMatchObject([
      { action: 'task.cancel', outcome: 'failed', error: 'TypeError' },
      { action: 'task.cancel', target: 'unknown', outcome: 'refused', error: 'Not found' },
      { action: 'task.retry', target: id, outcome: 'refused', error: 'Only a failed task can be put back' },
    ]);
  });

  it('is written before the act, which does not happen if that fails', async () => {
    const id = await putTask();
    const { audit } = door.relay;
    const { write } = audit;
    audit.write = () => Promise.reject(new Error('no table'));
    expect((await door.call('DELETE', `/v1/requests/${id}`, { key: operator })).status).toBe(500);
    expect(await door.relay.store.loadTask(id)).toMatchObject({ status: 'queued' });
    audit.write = write;
    await door.call('DELETE', `/v1/requests/${id}`, { key: operator });
    expect(audit.written.map(({ outcome }) => outcome)).toEqual(['begun', 'done']);
  });

  it('lets an act stand whose outcome cannot be written', async () => {
    const id = await putTask();
    const { audit } = door.relay;
    const { write } = audit;
    audit.write = (entry) =>
      entry.outcome === 'begun' ? write.call(audit, entry) : Promise.reject(new Error('no table'));
    expect((await door.call('DELETE', `/v1/requests/${id}`, { key: operator })).status).toBe(200);
    expect(await entries()).toMatchObject([{ outcome: 'begun', target: id }]);
  });

  it('is filtered by account, action and time, and has pages', async () => {
    for (let count = 0; count < 5; count += 1) {
      await door.relay.clock.advance(1);
      await door.call('DELETE', `/v1/requests/${await putTask()}`, { key: operator });
      await door.call('POST', '/v1/gate/pause', { key: operator });
    }
    expect(await entries('?action=gate.pause')).toHaveLength(5);
    expect(await entries(`?account=${owner}`)).toHaveLength(5);
    const at = (ms: number): string => new Date(NOW + ms).toISOString();
    expect(await entries(`?from=${at(2)}&to=${at(4)}`)).toHaveLength(4);
    expect((await door.call('GET', `/v1/audit?from=${at(4)}&to=${at(2)}`, { key: operator })).status).toBe(400);
    expect((await door.call('GET', '/v1/audit?from=yesterday', { key: operator })).status).toBe(400);
    const first = await door.call('GET', '/v1/audit?limit=7', { key: operator });
    const { next_cursor: cursor } = first.body as { next_cursor: string };
    expect(await entries(`?cursor=${cursor}`)).toHaveLength(3);
    expect((await door.call('GET', '/v1/audit?cursor=x', { key: operator })).status).toBe(400);
    expect((await door.call('GET', '/v1/audit?action=x', { key: operator })).status).toBe(400);
  });

  it.each(['', '%20', 'x'.repeat(501)])('takes no reason like %j', async (reason) => {
    expect((await door.call('POST', `/v1/gate/pause?reason=${reason}`, { key: operator })).status).toBe(400);
  });
});
