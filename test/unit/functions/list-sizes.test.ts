// Lists stop at about 4 MB and hand out the cursor there: Lambda cannot answer more than 6.
import { describe, expect, it } from 'vitest';
import { fittingRows } from '../../../functions/api/fitting-rows.ts';
import { decideDelivery } from '../../../core/domain/webhook/decide-delivery.ts';
import { newDelivery } from '../../../core/domain/webhook/delivery.ts';
import { limits } from '../../../core/domain/limits.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { ApiDoor, doorAccountId } from '../../support/api-door.ts';
import { NOW, sampleAttempt, sampleTask } from '../../support/sample-task.ts';
import type { routes } from '../../../core/contract/routes.ts';
import type { CheckedRoute } from '../../../core/contract/query-parameters.ts';
import type { Task } from '../../../core/domain/task/task.ts';

const ANSWER_BYTES_MAX = 6 * 1024 * 1024;
const accountId = doorAccountId('client');

interface Page {
  readonly data: readonly { readonly id: string }[];
  readonly next_cursor: string | null;
}

/** Reads a list to its end, page by page. */
async function readAll(door: ApiDoor, pathWith: (cursor: string | undefined) => string): Promise<readonly Page[]> {
  const pages: Page[] = [];
  let cursor: string | undefined;
  do {
    const reply = await door.call('GET', pathWith(cursor));
    expect(reply.status).toBe(200);
    expect(Buffer.byteLength(JSON.stringify({ body: reply.text }))).toBeLessThan(ANSWER_BYTES_MAX);
    const page = reply.body as Page;
    pages.push(page);
    cursor = page.data.length === 0 ? undefined : (page.next_cursor ?? undefined);
  } while (cursor !== undefined);
  return pages;
}

function idsOf(pages: readonly Page[]): readonly string[] {
  return pages.flatMap(({ data }) => data.map(({ id }) => id));
}

/** As large as an output may be, in letters that JSON escapes twice on their way through Lambda. */
const largeOutputs = [`${'"\\'.repeat(16_000)}`];

function endedTask(id: string): Task {
  const attempt = sampleAttempt({
    state: 'closed',
    outcome: 'completed',
    upstreamId: `upstream-${id}`,
    acceptedAt: NOW - 900,
    endedAt: NOW,
  });
  const { due: _due, ...task } = sampleTask({ id, accountId, status: 'completed', ends: 1, attempts: [attempt] });
  return { ...task, attemptCount: 1, endedAt: NOW, result: { code: 0, error: null, outputs: largeOutputs } };
}

/** Deliveries as large as they are stored, on the lane of one endpoint; of one task where it is named. */
async function addDeliveries(door: ApiDoor, count: number, taskId?: string): Promise<string> {
  const { store, clock, settings } = door.relay;
  const made = await door.call('POST', '/v1/webhook-endpoints', { body: { url: 'https://app.example/hook' } });
  const { id: laneId } = made.body as { id: string };
  const answer = '\u0001'.repeat(4_096);
  const ofTask = taskId === undefined ? {} : { taskId };
  for (let index = 0; index < count; index += 1) {
    const event = { id: `evt_${index}`, type: 'task.failed', accountId, at: NOW + index, ...ofTask, data: {} } as const;
    const logged = { event, position: event.at };
    let delivery = newDelivery({ logged, laneId, now: clock.now(), expiresAt: Number.MAX_SAFE_INTEGER });
    await store.addDelivery(delivery);
    await store.noteDeliveries(logged, [delivery]);
    for (let attempt = 1; attempt <= 9; attempt += 1) {
      const result = { kind: 'answered', status: 500, answer, durationMs: 1 } as const;
      const context = { now: clock.now(), random: () => 0, settings: settings.deliveries };
      const event = { type: 'attempted', attempt, startedAt: clock.now(), result } as const;
      const decision = decideDelivery(delivery, event, context);
      if (decision.kind !== 'changed') throw new Error(decision.reason);
      await store.saveDelivery(delivery, decision.delivery);
      ({ delivery } = decision);
    }
  }
  return laneId;
}

type ReadRoute = { [N in CheckedRoute]: (typeof routes)[N]['method'] extends 'GET' ? N : never }[CheckedRoute];

/** A list with more than an answer can hold, and the path that reads it. */
interface FilledList {
  readonly path: string;
  readonly rows: number;
}

/**
 * Each call that reads: lists are filled; the others say why no answer of theirs can be too large. A route that is added
 * to the contract without a row here does not compile.
 */
const reads: Readonly<Record<ReadRoute, ((door: ApiDoor) => Promise<FilledList>) | string>> = {
  listTasks: async (door) => {
    for (let count = 0; count < 120; count += 1) await door.relay.put(endedTask(door.relay.randomSource.id()));
    return { path: '/v1/requests?limit=100', rows: 120 };
  },
  listEvents: async (door) => {
    for (let count = 0; count < 120; count += 1) {
      const before = await door.relay.put(sampleTask({ id: door.relay.randomSource.id(), accountId }));
      await door.relay.clock.advance(1);
      const after = { ...endedTask(before.id), endedAt: door.relay.clock.now(), version: 2 };
      await door.relay.store.commit({ changes: [{ before, after }] });
    }
    return { path: '/v1/events?limit=100', rows: 120 };
  },
  endpointDeliveries: async (door) => {
    const laneId = await addDeliveries(door, 100);
    return { path: `/v1/webhook-endpoints/${laneId}/deliveries?limit=100`, rows: 100 };
  },
  taskDeliveries: async (door) => {
    const task = await door.relay.put(endedTask(door.relay.randomSource.id()));
    await addDeliveries(door, 120, task.id);
    return { path: `/v1/requests/${task.id}/deliveries?limit=100`, rows: 120 };
  },
  listEndpoints: 'an account has fifty at most, see below',
  listDeadLetters: 'a hundred letters of five queues, of two kilobytes each at most',
  listAudit: 'a hundred entries of a kilobyte or two at most',
  listAccounts: 'a hundred accounts of less than a kilobyte each at most',
  getAccount: 'one account, whose queues name 10 KB of models at most',
  listKeys: 'an account keeps fifty at most, of a few hundred bytes each',
  getSpend: 'a row a day, model or code of three months; a page of accounts has 25',
  listFailures: 'two hundred groups of two kilobytes at most',
  listJobs: 'a hundred jobs of two kilobytes at most',
  getJob: 'one job',
  getTask: 'one task, whose parts are bounded',
  getOutput: 'one address',
  getEndpoint: 'one endpoint',
  getGate: 'one gate, an item of 400 KB at most',
  readMetrics: 'its points are counted, see monitoring-flow.test.ts',
  listAlarms: 'those of one stack, some sixty',
  readAlarmHistory: 'a thousand changes at most, of half a kilobyte each',
};

const lists = Object.entries(reads).flatMap(([name, fill]) => (typeof fill === 'string' ? [] : [{ name, fill }]));

describe('a list of large rows', () => {
  it.each(lists)('stops before an answer is too large, and continues at its cursor: $name', async ({ name, fill }) => {
    const door = await ApiDoor.open();
    const { path, rows } = await fill(door);
    const parameter = name === 'listEvents' ? 'after' : 'cursor';
    const pages = await readAll(door, (cursor) => `${path}${cursor ? `&${parameter}=${cursor}` : ''}`);
    const ids = idsOf(pages);
    expect(ids).toHaveLength(rows);
    // Each once, and in one order from the first page to the last.
    expect(new Set(ids).size).toBe(rows);
    if (name !== 'listEvents') expect(ids).toEqual(ids.toSorted().toReversed());
    // It was their size that ended the first page.
    expect(pages[0]?.data.length).toBeLessThan(100);
  });

  it.each(lists)(
    'returns as many rows as requested, and accepts only its own cursor: $name',
    async ({ name, fill }) => {
      const door = await ApiDoor.open();
      const { path } = await fill(door);
      const page = async (target: string): Promise<Page> => (await door.call('GET', target)).body as Page;
      const [first, two] = [await page(path), await page(path.replace('limit=100', 'limit=2'))];
      expect(two.data).toEqual(first.data.slice(0, 2));
      const parameter = name === 'listEvents' ? 'after' : 'cursor';
      const foreign = Buffer.from('another list').toString('base64url');
      expect(await door.call('GET', `${path}&${parameter}=${foreign}`)).toMatchObject({ status: 400 });
    },
  );

  it('of tasks that a filter leaves out after they were read has no cursor that leads nowhere', async () => {
    const door = await ApiDoor.open();
    for (let count = 0; count < 3; count += 1) await door.relay.put(endedTask(door.relay.randomSource.id()));
    expect(await door.call('GET', '/v1/requests?limit=100&status=created')).toMatchObject({
      body: { data: [], next_cursor: null },
    });
  });

  it('of endpoints has no pages: as many and as large as there may be, they are one answer', async () => {
    const { webhookEndpointsMax, webhookHeadersBytesMax } = limits;
    const shares = { ...defaultSettings.shares, endpointsMax: webhookEndpointsMax };
    const door = await ApiDoor.open({ shares });
    const value = '"'.repeat(webhookHeadersBytesMax / 2 - 20);
    for (let count = 0; count < webhookEndpointsMax; count += 1) {
      const url = `https://app.example/${count}/${'x'.repeat(1_900)}`;
      const body = { url, headers: { 'x-long': value }, description: '"'.repeat(200), signatures: ['v1', 'v1a'] };
      expect(await door.call('POST', '/v1/webhook-endpoints', { body })).toMatchObject({ status: 201 });
    }
    const reply = await door.call('GET', '/v1/webhook-endpoints');
    expect((reply.body as Page).data).toHaveLength(webhookEndpointsMax);
    expect(Buffer.byteLength(JSON.stringify({ body: reply.text }))).toBeLessThan(limits.answerRowsBytesMax);
  });
});

describe('the rows of an answer', () => {
  const rowOf = (bytes: number): string => 'x'.repeat(bytes - 6);

  it('are all of them up to the limit, and one at least', () => {
    const half = rowOf(2_000_000);
    expect(fittingRows([half, half])).toHaveLength(2);
    expect(fittingRows([half, half, 'x'])).toHaveLength(2);
    expect(fittingRows([half, rowOf(2_000_001)])).toHaveLength(1);
    expect(fittingRows([rowOf(9_000_000), 'x'])).toHaveLength(1);
    expect(fittingRows([])).toEqual([]);
  });

  it('are counted in bytes, not in letters', () => {
    expect(fittingRows(['€'.repeat(1_000_000), '€'.repeat(400_000)])).toHaveLength(1);
  });
});
