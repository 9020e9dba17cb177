// Lists stop at about 4 MB and hand out the cursor there: Lambda cannot answer more than 6.
import { describe, expect, it } from 'vitest';
import { fittingRows } from '../../../functions/api/fitting-rows.ts';
import { decideDelivery } from '../../../core/domain/webhook/decide-delivery.ts';
import { newDelivery } from '../../../core/domain/webhook/delivery.ts';
import { ApiDoor, doorAccountId } from '../../support/api-door.ts';
import { NOW, sampleAttempt, sampleTask } from '../../support/sample-task.ts';
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

describe('a list of large rows', () => {
  it('of tasks stops before an answer is too large, and goes on at its cursor', async () => {
    const door = await ApiDoor.open();
    const ids: string[] = [];
    for (let count = 0; count < 120; count += 1) {
      const task = await door.relay.put(endedTask(door.relay.randomSource.id()));
      ids.unshift(task.id);
    }
    const pages = await readAll(door, (cursor) => `/v1/requests?limit=100${cursor ? `&cursor=${cursor}` : ''}`);
    expect(idsOf(pages)).toEqual(ids);
    expect(pages.length).toBeGreaterThan(3);
    // The filter that is applied after the store's pages moves nothing.
    expect(await door.call('GET', '/v1/requests?limit=100&status=created')).toMatchObject({
      body: { data: [], next_cursor: null },
    });
  });

  it('of events stops there too', async () => {
    const door = await ApiDoor.open();
    const ids: string[] = [];
    for (let count = 0; count < 120; count += 1) {
      const before = await door.relay.put(sampleTask({ id: door.relay.randomSource.id(), accountId }));
      await door.relay.clock.advance(1);
      const after = { ...endedTask(before.id), endedAt: door.relay.clock.now(), version: 2 };
      await door.relay.store.commit({ changes: [{ before, after }] });
      ids.push(`evt_${before.id}_1`);
    }
    const pages = await readAll(door, (cursor) => `/v1/events?limit=100${cursor ? `&after=${cursor}` : ''}`);
    expect(idsOf(pages)).toEqual(ids);
    expect(pages.length).toBeGreaterThan(3);
  });

  it('of deliveries stops there too', async () => {
    const door = await ApiDoor.open();
    const { store, clock, settings } = door.relay;
    const made = await door.call('POST', '/v1/webhook-endpoints', { body: { url: 'https://app.example/hook' } });
    const { id: laneId } = made.body as { id: string };
    const answer = '\u0001'.repeat(4_096);
    for (let count = 0; count < 100; count += 1) {
      const event = { id: `evt_${count}`, type: 'task.failed', accountId, at: clock.now() + count, data: {} } as const;
      const logged = { event, position: event.at };
      let delivery = newDelivery({ logged, laneId, now: clock.now(), expiresAt: Number.MAX_SAFE_INTEGER });
      await store.addDelivery(delivery);
      for (let attempt = 1; attempt <= 9; attempt += 1) {
        const result = { kind: 'answered', status: 500, answer, durationMs: 1 } as const;
        const context = { now: clock.now(), random: () => 0, settings: settings.deliveries };
        const decision = decideDelivery(
          delivery,
          { type: 'attempted', attempt, startedAt: clock.now(), result },
          context,
        );
        if (decision.kind !== 'changed') throw new Error(decision.reason);
        await store.saveDelivery(delivery, decision.delivery);
        ({ delivery } = decision);
      }
    }
    const path = `/v1/webhook-endpoints/${laneId}/deliveries?limit=100`;
    const pages = await readAll(door, (cursor) => `${path}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`);
    expect(new Set(idsOf(pages)).size).toBe(100);
    expect(idsOf(pages)).toHaveLength(100);
    expect(pages.length).toBeGreaterThan(1);
  });
});

describe('the rows that an answer holds', () => {
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
