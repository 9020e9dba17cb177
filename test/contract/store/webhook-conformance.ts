// How any store of webhooks behaves: the log of events, endpoints, deliveries and the lanes they queue in.
// What flows make of them is tested elsewhere; here only what a store promises.
import { describe, expect, it } from 'vitest';
import { decideDelivery } from '../../../core/domain/webhook/decide-delivery.ts';
import { defaultDeliverySettings as settings } from '../../../core/domain/webhook/delivery-policy.ts';
import { deliveryIdFloor, newDelivery, laneEntryOf } from '../../../core/domain/webhook/delivery.ts';
import { endEventId, eventKeyOf } from '../../../core/domain/webhook/outbox-event.ts';
import { limits } from '../../../core/domain/limits.ts';
import { FixedRandomSource } from '../../support/memory/fixed-random-source.ts';
import { eventually } from '../../support/eventually.ts';
import { everyDue } from './every-due.ts';
import { endedVersion, newAccount, newTask, START_TIME } from './stored-task.ts';
import { logReader } from './log-reader.ts';
import type { Store } from '../../../core/adapters/dynamodb/dynamo-store.ts';
import type { DueRow } from '../../../core/ports/ports.ts';
import type { CallResult, Delivery } from '../../../core/domain/webhook/delivery.ts';
import type { LoggedEvent, OutboxEvent } from '../../../core/domain/webhook/outbox-event.ts';
import type { Task } from '../../../core/domain/task/task.ts';
import type { WebhookEndpoint } from '../../../core/domain/webhook/webhook-endpoint.ts';
import type { StoredEvent } from '../../../core/ports/webhook-ports.ts';
import type { StoreUnderTest } from './store-under-test.ts';

const randomSource = new FixedRandomSource(11, { now: () => START_TIME });

function many(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

const beginning = { position: 0, id: '' } as const;

async function ended(store: Store, accountId: string, endedAt: number, fields: Partial<Task> = {}): Promise<Task> {
  const task = newTask({ accountId, ...fields });
  await store.createTask({ task, input: '{}' });
  const after = endedVersion(task, { endedAt, webhookUrl: 'https://example.com/hook' });
  expect(await store.commit({ changes: [{ before: task, after }] })).toEqual({ kind: 'committed' });
  return after;
}

async function opened(place: StoreUnderTest) {
  const { store, clock } = await place.open();
  const account = newAccount();
  await store.putAccount(account);
  return { store, clock, accountId: account.id };
}

/** As deliver does it: the fence is read when the event was seen. */
async function guard(store: Store, stored: StoredEvent): Promise<StoredEvent> {
  const { eventFence } = await store.loadReceivers(stored.event.accountId);
  return store.guardEvent(stored, eventFence);
}

function idOf(task: Task): string {
  return endEventId(task.id, task.ends);
}

function idsOf(events: readonly LoggedEvent[]): string[] {
  return events.map(({ event }) => event.id);
}

function eventOf(accountId: string, fields: Partial<OutboxEvent> = {}): OutboxEvent {
  return {
    id: `evt_${randomSource.id()}`,
    type: 'endpoint.disabled',
    accountId,
    at: START_TIME,
    data: { reason: 'gone' },
    ...fields,
  };
}

function newEndpoint(accountId: string): WebhookEndpoint {
  return {
    id: `we_${randomSource.id()}`,
    accountId,
    url: 'https://example.com/hook',
    headers: { 'x-tenant': 'a' },
    shape: 'event',
    secrets: [{ secret: 'whsec_x', createdAt: START_TIME }],
    createdAt: START_TIME,
    updatedAt: START_TIME,
    version: 1,
  };
}

function deliveryTo(laneId: string, at = START_TIME): Delivery {
  const event = eventOf('acc_lanes', { at });
  return newDelivery({ logged: { event, position: at }, laneId, now: at, expiresAt: at + 1_000_000_000 });
}

/** As a fan-out that finds its lane busy brings it. */
async function bring(store: Store, delivery: Delivery): Promise<void> {
  await store.enqueue((await store.addDelivery(delivery)) ?? delivery);
}

const failed: CallResult = { kind: 'answered', status: 500, answer: 'no', durationMs: 3 };

function attempted(delivery: Delivery, status: number, now = START_TIME): Delivery {
  const event = {
    type: 'attempted',
    attempt: delivery.attemptCount + 1,
    startedAt: now,
    result: { ...failed, status },
  } as const;
  const decision = decideDelivery(delivery, event, { now, random: () => 0, settings });
  if (decision.kind === 'refused') throw new Error(decision.reason);
  return decision.delivery;
}

export function describeWebhooks(place: StoreUnderTest): void {
  describe('the log of events', () => {
    describeLog(place);
    describeFence(place);
  });
  describe('webhook endpoints', () => describeEndpoints(place));
  describe('deliveries', () => describeDeliveries(place));
}

function describeLog(place: StoreUnderTest): void {
  it('gets one event with each end of a task, and none with any other change', async () => {
    const { store, accountId } = await opened(place);
    const task = await ended(store, accountId, START_TIME + 5);

    const [logged, ...others] = await store.readEvents(accountId, beginning, 10);

    expect(others).toEqual([]);
    expect(logged).toMatchObject({
      position: START_TIME + 5,
      event: {
        id: idOf(task),
        type: 'task.completed',
        accountId,
        taskId: task.id,
        webhookUrl: 'https://example.com/hook',
      },
    });
    expect(logged?.event.data).toMatchObject({ id: task.id, status: 'completed', code: 0 });
  });

  it('loads an event by its key, open until it is closed', async () => {
    const { store, accountId } = await opened(place);
    const task = await ended(store, accountId, START_TIME + 5);
    const key = { accountId, position: START_TIME + 5, id: idOf(task) };

    const open = await store.loadEvent(key);
    expect(open).toMatchObject({ isClosed: false, position: START_TIME + 5 });
    if (!open) return;
    // A caller may hold the whole delivery: what it is, is in its own row.
    const held = { laneId: 'we_1', id: 'dlv_1', attemptCount: 3 };
    await store.noteDeliveries(open, [held]);
    await store.closeEvent(open);

    expect(await store.loadEvent(key)).toEqual({ ...open, isClosed: true });
    expect(await store.deliveriesOfTask(task.id)).toEqual([{ laneId: 'we_1', id: 'dlv_1' }]);
    expect(await store.loadEvent({ ...key, id: 'evt_other' })).toBeUndefined();
  });

  it('makes an event due until it is closed, and lets sweep put it off once', async () => {
    const { store, accountId } = await opened(place);
    const task = await ended(store, accountId, START_TIME);
    const soon = START_TIME + limits.eventGraceMs;
    const id = `${accountId}#${String(START_TIME).padStart(16, '0')}#${idOf(task)}`;
    const row: DueRow = { kind: 'event', id, dueAt: soon };

    expect(await everyDue(store, soon - 1)).toEqual([]);
    await eventually(() => everyDue(store, soon)).toEqual([row]);
    expect(await store.postpone(row, () => soon + 500)).toEqual({ by: 'doorbell' });
    expect(await store.postpone(row, () => soon + 500)).toBeUndefined();
    await eventually(() => everyDue(store, soon + 500)).toEqual([{ ...row, dueAt: soon + 500 }]);

    const stored = await store.loadEvent({ accountId, position: START_TIME, id: idOf(task) });
    if (stored) await store.closeEvent(stored);
    await eventually(() => everyDue(store, soon + 500)).toEqual([]);
    expect(await store.postpone({ ...row, dueAt: soon + 500 }, () => soon + 900)).toBeUndefined();
  });

  it('gives an account its own events in order, page by page', async () => {
    const { store, accountId } = await opened(place);
    const times = [40, 10, 30, 20, 10];
    const tasks: Task[] = [];
    for (const time of times) tasks.push(await ended(store, accountId, START_TIME + time));
    await ended(store, 'acc_stranger', START_TIME + 25);
    const order = [...tasks].sort((a, b) => (a.endedAt ?? 0) - (b.endedAt ?? 0) || (idOf(a) < idOf(b) ? -1 : 1));

    const read: LoggedEvent[] = [];
    for (let page = await store.readEvents(accountId, beginning, 2); page.length > 0;) {
      read.push(...page);
      const last = page.at(-1) as LoggedEvent;
      page = await store.readEvents(accountId, eventKeyOf(last), 2);
    }

    expect(idsOf(read)).toEqual(order.map(idOf));
  });
}

function describeFence(place: StoreUnderTest): void {
  it('puts an event that comes through late behind whatever was read already', async () => {
    const { store, accountId } = await opened(place);
    await ended(store, accountId, START_TIME + 100);
    const read = await store.readEvents(accountId, beginning, 10);
    const last = read.at(-1) as LoggedEvent;

    const late = await ended(store, accountId, START_TIME + 50);

    const rest = await store.readEvents(accountId, eventKeyOf(last), 10);
    expect(rest.map(({ event, position }) => [event.id, event.at, position])).toEqual([
      [idOf(late), START_TIME + 50, START_TIME + 101],
    ]);
    // Its writer knows only its own time, and still finds it.
    const key = { accountId, position: START_TIME + 50, id: idOf(late) };
    expect(await store.loadEvent(key)).toMatchObject({ position: START_TIME + 101 });
  });

  it.each([
    [-1, 1],
    [0, 1],
    [1, 1],
    [2, 2],
  ])('lets an event %i ms off what was read stand at %i ms behind it', async (off, placed) => {
    const { store, accountId } = await opened(place);
    await ended(store, accountId, START_TIME + 100);
    await store.readEvents(accountId, beginning, 10);

    const late = await ended(store, accountId, START_TIME + 100 + off);

    const key = { accountId, position: START_TIME + 100 + off, id: idOf(late) };
    expect(await store.loadEvent(key)).toMatchObject({ position: START_TIME + 100 + placed });
  });

  it('puts an event that was written without a look at the log behind what was read, before it is handed on', async () => {
    const { store, accountId } = await opened(place);
    await ended(store, accountId, START_TIME + 100);
    const last = (await store.readEvents(accountId, beginning, 10)).at(-1) as LoggedEvent;
    const late = await ended(store, accountId, START_TIME + 50, { isUncounted: true });
    const key = { accountId, position: START_TIME + 50, id: idOf(late) };

    const stored = await store.loadEvent(key);
    const guarded = stored && (await guard(store, stored));

    expect(guarded).toMatchObject({ position: START_TIME + 101, isClosed: false });
    const rest = await store.readEvents(accountId, eventKeyOf(last), 10);
    expect(idsOf(rest)).toEqual([idOf(late)]);
    // A doorbell that names the old place finds it, and to guard it once more changes nothing.
    const found = await store.loadEvent(key);
    expect(found).toEqual(guarded);
    expect(found && (await guard(store, found))).toEqual(guarded);
    expect(await store.readEvents(accountId, beginning, 10)).toHaveLength(2);
  });

  it.each([
    ['looks at the log', {}],
    ['does not look at the log', { isUncounted: true }],
  ] as const)('misses and doubles nothing for a reader among many writers whose end %s', async (_how, fields) => {
    const { store, accountId } = await opened(place);
    const written: string[] = [];
    const writer = async (index: number): Promise<void> => {
      for (const round of many(4)) {
        // Times that are older the later they are written: the worst there can be.
        const at = START_TIME + 1_000 - round * 100 - index;
        const id = idOf(await ended(store, accountId, at, fields));
        written.push(id);
        // As deliver does before it hands an event on.
        const stored = await store.loadEvent({ accountId, position: at, id });
        if (stored) await guard(store, stored);
      }
    };
    const writing = Promise.all(many(5).map(writer));
    const { read, readOn } = logReader(store, accountId);

    await eventually(readOn).toBe(20);
    await writing;
    expect(await readOn()).toBe(20);
    expect([...read].sort()).toEqual([...written].sort());
  });

  it('keeps the rule for events that are not ends of tasks', async () => {
    const { store, accountId } = await opened(place);
    await ended(store, accountId, START_TIME + 100);
    await store.readEvents(accountId, beginning, 10);
    const endpoint = newEndpoint(accountId);
    await store.createEndpoint(endpoint);
    const event = eventOf(accountId, { at: START_TIME + 50 });

    expect(await store.saveEndpoint({ ...endpoint, version: 2 }, event)).toBe(true);

    const all = await store.readEvents(accountId, beginning, 10);
    expect(all.at(-1)).toMatchObject({ event, position: START_TIME + 101 });
  });
}

function describeEndpoints(place: StoreUnderTest): void {
  it('are kept as they came, listed oldest first, an account at a time', async () => {
    const { store, accountId } = await opened(place);
    const endpoints = many(3).map(() => newEndpoint(accountId));
    for (const endpoint of [...endpoints].reverse()) expect(await store.createEndpoint(endpoint)).toBe('created');
    await store.createEndpoint(newEndpoint('acc_stranger'));

    expect(await store.listEndpoints(accountId)).toEqual(endpoints);
    expect(await store.loadEndpoint(accountId, endpoints[1]?.id ?? '')).toEqual(endpoints[1]);
    expect(await store.loadEndpoint('acc_stranger', endpoints[1]?.id ?? '')).toBeUndefined();
    expect(await store.findEndpoint(endpoints[1]?.id ?? '')).toEqual(endpoints[1]);
    await store.deleteEndpoint(accountId, endpoints[1]?.id ?? '');
    expect(await store.findEndpoint(endpoints[1]?.id ?? '')).toBeUndefined();
  });

  it('are read with the secrets and the fence of their account, each as it is now', async () => {
    const { store, accountId } = await opened(place);
    expect(await store.loadReceivers(accountId)).toEqual({ endpoints: [], signing: undefined, eventFence: -1 });
    const endpoints = many(3).map(() => newEndpoint(accountId));
    for (const endpoint of [...endpoints].reverse()) await store.createEndpoint(endpoint);
    const signing = { accountId, secrets: [{ secret: 'whsec_a', createdAt: START_TIME }], version: 1 };
    await store.saveSigning(signing);
    await ended(store, accountId, START_TIME + 100);
    expect(await store.loadReceivers(accountId)).toEqual({ endpoints, signing, eventFence: -1 });

    await store.readEvents(accountId, beginning, 10);
    await store.saveSigning({ ...signing, secrets: [], version: 2 });
    await store.deleteEndpoint(accountId, endpoints[1]?.id ?? '');
    expect(await store.loadReceivers(accountId)).toEqual({
      endpoints: endpoints.filter((_one, index) => index !== 1),
      signing: { ...signing, secrets: [], version: 2 },
      eventFence: START_TIME + 100,
    });
    expect(await store.loadReceivers('acc_unknown')).toEqual({ endpoints: [], signing: undefined, eventFence: -1 });
  });

  it('are read as well where long rows of other things lie between them and the secrets', async () => {
    const { store, accountId } = await opened(place);
    const endpoint = newEndpoint(accountId);
    await store.createEndpoint(endpoint);
    const signing = { accountId, secrets: [{ secret: 'whsec_a', createdAt: START_TIME }], version: 1 };
    await store.saveSigning(signing);
    const by = { kind: 'command-line', principal: 'ada@desk' } as const;
    const mute = { model: '*', accountId, until: START_TIME + 1, reason: 'r'.repeat(300), by, at: START_TIME };
    const mutes = many(limits.mutesMax).map((index) => ({ ...mute, key: `http-${400 + index}` }));
    await store.saveMutes({ side: 'own', accountId, mutes, version: 0 });
    for (const _time of many(3)) {
      const read = await store.loadReceivers(accountId);
      expect(read).toMatchObject({ endpoints: [endpoint], eventFence: -1 });
      // It may be left to a read of its own.
      expect(read.signing ?? (await store.loadSigning(accountId))).toEqual(signing);
    }
  });

  it('are as many as may be, also when more are made at once, and a deleted one makes room', async () => {
    const { store, accountId } = await opened(place);
    const endpoints = many(20).map(() => newEndpoint(accountId));
    const made = await Promise.all(endpoints.map((endpoint) => store.createEndpoint(endpoint, 7)));

    expect(made.filter((one) => one === 'created')).toHaveLength(7);
    const [first] = await store.listEndpoints(accountId);
    expect(await store.deleteEndpoint(accountId, first?.id ?? '')).toBe(true);
    expect(await store.deleteEndpoint(accountId, first?.id ?? '')).toBe(false);
    expect(await store.createEndpoint(newEndpoint(accountId), 7)).toBe('created');
    expect(await store.createEndpoint(newEndpoint(accountId), 7)).toBe('too-many');
    expect(await store.createEndpoint(newEndpoint(accountId), 8)).toBe('created');
  });

  it('are saved over the version before, once', async () => {
    const { store, accountId } = await opened(place);
    const endpoint = newEndpoint(accountId);
    await store.createEndpoint(endpoint);
    const changes = many(5).map((index) => ({ ...endpoint, url: `https://example.com/${index}`, version: 2 }));

    const saved = await Promise.all(changes.map((change) => store.saveEndpoint(change)));

    expect(saved.filter(Boolean)).toHaveLength(1);
    expect(await store.loadEndpoint(accountId, endpoint.id)).toEqual(changes[saved.indexOf(true)]);
  });

  it('are not saved with an event when somebody was faster, and neither is the event', async () => {
    const { store, accountId } = await opened(place);
    const endpoint = newEndpoint(accountId);
    await store.createEndpoint(endpoint);
    await store.saveEndpoint({ ...endpoint, version: 2 });

    expect(await store.saveEndpoint({ ...endpoint, url: 'https://x.example', version: 2 }, eventOf(accountId))).toBe(
      false,
    );
    expect(await store.readEvents(accountId, beginning, 10)).toEqual([]);
    expect(await store.saveEndpoint({ ...endpoint, id: 'we_unknown', version: 2 })).toBe(false);
  });

  it("keep the account's own secrets under versions as well", async () => {
    const { store, accountId } = await opened(place);
    const signing = { accountId, secrets: [{ secret: 'whsec_a', createdAt: START_TIME }], version: 1 };

    expect(await store.loadSigning(accountId)).toBeUndefined();
    expect(await store.saveSigning(signing)).toBe(true);
    expect(await store.saveSigning({ ...signing, secrets: [] })).toBe(false);
    expect(await store.saveSigning({ ...signing, secrets: [], version: 3 })).toBe(false);
    expect(await store.loadSigning(accountId)).toEqual(signing);
    expect(await store.saveSigning({ ...signing, secrets: [], version: 2 })).toBe(true);
  });
}

function describeDeliveries(place: StoreUnderTest): void {
  it('stand in their lane in the order of their times, first attempts apart from the rest', async () => {
    const { store } = await place.open();
    const [late, early, retried] = [
      deliveryTo('we_1', START_TIME + 20),
      deliveryTo('we_1', START_TIME + 10),
      deliveryTo('we_1', START_TIME),
    ];
    for (const delivery of [late, early, retried, deliveryTo('we_2')]) await bring(store, delivery);
    expect(await store.saveDelivery(retried, attempted(retried, 500))).toBe(true);

    expect(await store.laneEntries('we_1', 10, 'first')).toEqual([laneEntryOf(early), laneEntryOf(late)]);
    expect(await store.laneEntries('we_1', 1, 'first')).toEqual([laneEntryOf(early)]);
    expect(await store.laneEntries('we_1', 10, 'retry')).toEqual([
      { deliveryId: retried.id, kind: 'retry', at: START_TIME + 5_000 },
    ]);
    expect(await store.laneEntries('we_3', 10, 'first')).toEqual([]);
  });

  it('leave their lane when they are over, and come back when they are replayed', async () => {
    const { store } = await place.open();
    const delivery = deliveryTo('we_1');
    await bring(store, delivery);
    const delivered = attempted(delivery, 200);
    await store.saveDelivery(delivery, delivered);
    expect(await store.laneEntries('we_1', 10, 'first')).toEqual([]);

    const replay = decideDelivery(
      delivered,
      { type: 'replay-requested' },
      { now: START_TIME + 9, random: () => 0, settings },
    );
    if (replay.kind === 'changed') await store.saveDelivery(delivered, replay.delivery);
    expect(await store.laneEntries('we_1', 10, 'retry')).toEqual([
      { deliveryId: delivery.id, kind: 'retry', at: START_TIME + 9 },
    ]);
  });

  it('are made once: a repeated fan-out gets what there is, and stands it up where it belongs', async () => {
    const { store } = await place.open();
    const delivery = deliveryTo('we_1');
    expect(await store.addDelivery(delivery)).toBeUndefined();
    expect(await store.laneEntries('we_1', 10)).toEqual([]);
    const next = attempted(delivery, 500);
    expect(await store.saveDelivery(delivery, next, { wasEnqueued: false })).toBe(true);
    await store.removeEntry('we_1', laneEntryOf(next) ?? { deliveryId: '', kind: 'first', at: 0 });

    const known = await store.addDelivery({ ...delivery, createdAt: START_TIME + 1 });

    expect(known).toEqual(next);
    if (known) await store.enqueue(known);
    if (known) await store.enqueue(known);
    expect(await store.laneEntries('we_1', 10)).toEqual([laneEntryOf(next)]);
    await store.enqueue(attempted(next, 200));
    expect(await store.laneEntries('we_1', 10)).toEqual([laneEntryOf(next)]);
  });

  it('stand in one order: first attempts, then the others, each by their time', async () => {
    const { store } = await place.open();
    const [first, second, retried] = [
      deliveryTo('we_1', START_TIME + 9_000),
      deliveryTo('we_1', START_TIME + 9_500),
      deliveryTo('we_1', START_TIME),
    ];
    for (const delivery of [second, first, retried]) await bring(store, delivery);
    await store.saveDelivery(retried, attempted(retried, 500));
    const ids = (await store.laneEntries('we_1', 10)).map(({ deliveryId, kind }) => `${kind} ${deliveryId}`);
    expect(ids).toEqual([`first ${first.id}`, `first ${second.id}`, `retry ${retried.id}`]);
    expect(await store.laneEntries('we_1', 2)).toHaveLength(2);
  });

  it('are saved by one of several who read the same version, with its event and no other', async () => {
    const { store, accountId } = await opened(place);
    const delivery = deliveryTo('we_1');
    await bring(store, delivery);
    const events = many(4).map(() => eventOf(accountId, { type: 'delivery.exhausted' }));

    const saved = await Promise.all(
      events.map((event, index) => store.saveDelivery(delivery, attempted(delivery, 500 + index), { event })),
    );

    expect(saved.filter(Boolean)).toHaveLength(1);
    const winner = saved.indexOf(true);
    expect(await store.loadDeliveries([delivery])).toEqual([attempted(delivery, 500 + winner)]);
    expect(idsOf(await store.readEvents(accountId, beginning, 10))).toEqual([events[winner]?.id]);
  });

  it('are listed newest first, by status, page by page', async () => {
    const { store } = await place.open();
    const deliveries = many(7).map((index) => deliveryTo('we_1', START_TIME + index));
    for (const delivery of deliveries) await bring(store, delivery);
    const ids = deliveries.map(({ id }) => id).reverse();
    for (const delivery of deliveries.slice(0, 3)) await store.saveDelivery(delivery, attempted(delivery, 200));

    const pages: string[][] = [];
    let cursor: string | undefined;
    do {
      const page = await store.listDeliveries({ laneId: 'we_1', limit: 3, cursor });
      pages.push(page.deliveries.map(({ id }) => id));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(pages).toEqual([ids.slice(0, 3), ids.slice(3, 6), ids.slice(6)]);

    const delivered = await store.listDeliveries({ laneId: 'we_1', limit: 10, status: 'delivered' });
    expect(delivered.deliveries.map(({ id }) => id)).toEqual(ids.slice(4));
    const first = await store.listDeliveries({ laneId: 'we_1', limit: 2, status: 'pending' });
    expect(first.deliveries.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    await expect(store.listDeliveries({ laneId: 'we_2', limit: 2, cursor: first.cursor })).rejects.toThrow(
      expect.objectContaining({ code: 'bad-cursor' }),
    );
  });

  it('tell which of a lane has waited longest', async () => {
    const { store } = await place.open();
    const deliveries = many(5).map((index) => deliveryTo('we_1', START_TIME + index));
    for (const delivery of deliveries) await bring(store, delivery);
    for (const delivery of deliveries.slice(0, 2)) await store.saveDelivery(delivery, attempted(delivery, 200));

    const oldest = await store.oldestPending('we_1', deliveryIdFloor(0));
    expect(oldest).toMatchObject({ kind: 'found', delivery: { id: deliveries[2]?.id } });
    const later = await store.oldestPending('we_1', deliveryIdFloor(START_TIME + 4));
    expect(later).toMatchObject({ kind: 'found', delivery: { id: deliveries[4]?.id } });
    expect(await store.oldestPending('we_1', deliveryIdFloor(START_TIME + 5))).toEqual({ kind: 'none' });
  });
}
