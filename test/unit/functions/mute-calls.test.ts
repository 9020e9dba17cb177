// Mutes of failures: what a client and an operator mute, what each is shown of it, and that it ends at its time.
import { beforeEach, describe, expect, it } from 'vitest';
import { shownGroups } from '../../../core/flows/mute-failures.ts';
import { ApiDoor, doorAccountId, doorKey } from '../../support/api-door.ts';
import { NOW, sampleTask } from '../../support/sample-task.ts';
import type { FailureGroup } from '../../../core/domain/task/failure-groups.ts';
import type { DoorAccount } from '../../support/api-door.ts';
import type { PublicFailure } from '../../../core/http/public-failure.ts';

const HOUR_MS = 3_600_000;
const MODEL = 'demo/image/text-to-image';
let door: ApiDoor;
let made = 0;

async function meet(name: DoorAccount, key: string, tasks: number, ofModel = MODEL): Promise<void> {
  for (let count = 0; count < tasks; count += 1) {
    const hex = (NOW - HOUR_MS).toString(16).padStart(12, '0');
    const id = `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-${String((made += 1)).padStart(12, '0')}`;
    const accountId = doorAccountId(name);
    await door.relay.put(
      sampleTask({ id, createdAt: NOW - HOUR_MS, model: ofModel, accountId, failures: { [key]: 1 } }),
    );
  }
}

function post(name: DoorAccount, verb: 'mute' | 'unmute', body: unknown) {
  return door.call('POST', `/v1/failures/${verb}`, { key: doorKey(name), body });
}

async function shown(name: DoorAccount, query = '') {
  const { body } = await door.call('GET', `/v1/failures${query}`, { key: doorKey(name) });
  return (body as { readonly failures: readonly PublicFailure[] }).failures;
}

function until(hours: number): string {
  return new Date(NOW + hours * HOUR_MS).toISOString();
}

const known = { code: 429, model: MODEL, until: until(2), reason: 'a limit is being raised' };

beforeEach(async () => {
  door = await ApiDoor.open();
  await meet('client', 'http-429', 3);
  await meet('client', 'task-5003', 1);
  await meet('other', 'http-429', 2);
});

describe('a group of failures', () => {
  it('that its account has muted comes last, with who did it, until when and why, and comes back then', async () => {
    const answer = await post('client', 'mute', known);
    const { reason } = known;
    const by = { kind: 'key', account: 'acc_client', key_hint: 'sk_' };
    expect(answer).toMatchObject({
      status: 200,
      body: { key: 'http-429', model: MODEL, account: 'acc_client', muted: { until: until(2), reason, by } },
    });
    const groups = await shown('client');
    expect(groups.map(({ key }) => key)).toEqual(['task-5003', 'http-429']);
    expect(groups.map(({ muted }) => muted)).toMatchObject([null, { until: until(2), reason, by }]);
    await door.relay.clock.advance(2 * HOUR_MS);
    expect((await shown('client')).map(({ key, muted }) => [key, muted])).toEqual([
      ['http-429', null],
      ['task-5003', null],
    ]);
  });

  it('is muted for those who did it alone: operators see what clients mute, and clients what operators mute', async () => {
    await post('client', 'mute', known);
    expect((await shown('operator', '?account=*')).map(({ muted }) => muted)).toEqual([null, null, null]);
    await post('operator', 'mute', { ...known, code: 5003, account: 'acc_client', reason: 'ours' });
    expect((await shown('client')).map(({ muted }) => muted?.reason)).toEqual([undefined, known.reason]);
    expect((await shown('operator', '?account=*')).map(({ muted }) => muted?.reason)).toEqual([
      undefined,
      undefined,
      'ours',
    ]);
  });

  it('can be muted for every model and all accounts by operators', async () => {
    await meet('client', 'http-429', 1, 'demo/video/text-to-video');
    await post('operator', 'mute', { ...known, model: '*', account: '*' });
    const groups = await shown('operator', '?account=*');
    expect(groups.map(({ key, muted }) => [key, muted !== null])).toEqual([
      ['task-5003', false],
      ['http-429', true],
      ['http-429', true],
      ['http-429', true],
    ]);
    // The mute of all holds in the view of one account, too.
    expect((await shown('operator', '?account=acc_other')).map(({ muted }) => muted !== null)).toEqual([true]);
    expect((await shown('client')).every(({ muted }) => muted === null)).toBe(true);
  });

  it('is muted anew with another end and reason, and no longer once it is unmuted', async () => {
    await post('client', 'mute', known);
    await post('client', 'mute', { ...known, until: until(5), reason: 'still' });
    expect((await shown('client')).at(-1)?.muted).toMatchObject({ until: until(5), reason: 'still' });
    expect(await post('client', 'unmute', { code: 'http-429', model: MODEL })).toMatchObject({
      status: 200,
      body: { muted: null },
    });
    expect((await shown('client')).every(({ muted }) => muted === null)).toBe(true);
    expect((await post('client', 'unmute', { code: 429, model: MODEL })).status).toBe(404);
  });

  it('that several mutes are about is shown with the one that lasts longest', async () => {
    await post('client', 'mute', known);
    await post('client', 'mute', { ...known, model: '*', until: until(5) });
    expect((await shown('client')).at(-1)?.muted).toMatchObject({ until: until(5) });
  });

  it('is muted beside what somebody else mutes meanwhile, and not where others are faster each time', async () => {
    const { store } = door.relay;
    const save = store.saveMutes.bind(store);
    store.saveMutes = async (list) => {
      store.saveMutes = save;
      await post('client', 'mute', { ...known, code: 5003 });
      return save(list);
    };
    expect((await post('client', 'mute', known)).status).toBe(200);
    expect((await shown('client')).map(({ muted }) => muted?.reason)).toEqual([known.reason, known.reason]);
    store.saveMutes = async () => false;
    expect((await post('client', 'mute', known)).status).toBe(409);
  });

  it('leaves its place to another that is not muted, where not all are shown', async () => {
    await post('client', 'mute', known);
    const group = { model: MODEL, accountId: doorAccountId('client') };
    const groups = [
      { ...group, key: 'http-429' },
      { ...group, key: 'task-5003' },
    ] as unknown as readonly FailureGroup[];
    const { store: mutes, clock } = door.relay;
    const [first] = await shownGroups({ mutes, clock }, 'own', groups, 1);
    expect(first).toMatchObject({ group: { key: 'task-5003' }, mute: undefined });
  });

  it('is muted by operators on the record, with target, account and reason, and by clients without filling it', async () => {
    const group = { code: 429, model: MODEL, account: 'acc_client' };
    await post('operator', 'mute', { ...known, account: 'acc_client' });
    await post('operator', 'unmute', group);
    await post('operator', 'unmute', group);
    await post('client', 'mute', known);
    await post('client', 'unmute', { code: 429, model: MODEL });
    const { body } = await door.call('GET', '/v1/audit', { key: doorKey('operator') });
    const entries = (body as { data: readonly object[] }).data;
    expect(entries).toHaveLength(3);
    expect(entries).toMatchObject([
      { action: 'failures.unmute', outcome: 'refused' },
      { action: 'failures.unmute', outcome: 'done', target: `http-429 ${MODEL}`, account: 'acc_client' },
      { action: 'failures.mute', outcome: 'done', target: `http-429 ${MODEL}`, reason: known.reason, changes: null },
    ]);
  });

  it('can be muted a hundred times for an account, of which those that have ended do not count', async () => {
    for (let code = 1_000; code < 1_100; code += 1)
      expect((await post('client', 'mute', { ...known, code })).status).toBe(200);
    expect(await post('client', 'mute', known)).toMatchObject({ status: 409, body: { error: 'Too many' } });
    expect((await post('client', 'mute', { ...known, code: 1_050, reason: 'again' })).status).toBe(200);
    expect((await post('other', 'mute', known)).status).toBe(200);
    await door.relay.clock.advance(2 * HOUR_MS);
    expect((await post('client', 'mute', { ...known, until: until(4) })).status).toBe(200);
  });

  it.each([
    [{ code: 'oops' }, /code must be/],
    [{ model: 'demo/*' }, /model must be/],
    [{ model: '' }, /model must be/],
    [{ until: undefined }, /until must say/],
    [{ until: until(-1) }, /in the future/],
    [{ until: until(24 * 91) }, /within 90 days/],
    [{ until: 'tomorrow' }, /ISO 8601/],
    [{ reason: ' ' }, /reason must be/],
    [{ reason: 'x'.repeat(501) }, /1 to 500/],
    [{ account: 7 }, /account must be/],
    [{ since: 1 }, /since is not known/],
  ])('is refused with what is wrong: %j', async (wrong, details) => {
    const answer = await post('operator', 'mute', { ...known, ...wrong });
    expect(answer).toMatchObject({ status: 400, body: { details: expect.stringMatching(details) as string } });
  });

  it('of another account is not for clients', async () => {
    for (const account of ['acc_other', '*']) {
      expect((await post('client', 'mute', { ...known, account })).status).toBe(403);
      expect((await post('client', 'unmute', { code: 429, model: MODEL, account })).status).toBe(403);
    }
  });
});
