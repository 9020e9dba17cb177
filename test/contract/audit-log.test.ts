// The audit log in a real table: order over months, pages, filters, and the end of what is kept.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { auditLogOf } from '../../core/adapters/dynamodb/dynamo-audit.ts';
import { DynamoTable } from '../../core/adapters/dynamodb/dynamo-table.ts';
import { DAY_MS } from '../../core/domain/time-ms.ts';
import { hasDynoxide, startDynoxide } from '../support/dynoxide.ts';
import { FixedRandomSource } from '../support/memory/fixed-random-source.ts';
import { createRelayTable, localDynamoClient } from '../support/relay-table.ts';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { AuditEntry } from '../../core/domain/audit-entry.ts';
import type { AuditLog, AuditQuery } from '../../core/ports/audit-log.ts';
import type { Dynoxide } from '../support/dynoxide.ts';

const KEEP_MS = 100 * DAY_MS;
const START = Date.UTC(2026, 0, 20);

describe.runIf(hasDynoxide() || process.env['CI'])('the audit log', () => {
  let dynoxide: Dynoxide;
  let client: DynamoDBClient;
  let now = START;
  let tables = 0;
  let log: AuditLog;
  const clock = { now: () => now, sleep: () => Promise.resolve() };
  // Anew for each test: its ids never go back in time, and each test begins at the start again.
  let randomSource = new FixedRandomSource(3, clock);

  beforeAll(async () => {
    dynoxide = await startDynoxide();
    client = localDynamoClient(dynoxide.endpoint);
  });
  afterAll(async () => {
    client.destroy();
    await dynoxide.stop();
  });
  beforeEach(async () => {
    now = START;
    randomSource = new FixedRandomSource(3, clock);
    tables += 1;
    const tableName = `audit-${tables}`;
    await createRelayTable(client, tableName);
    log = auditLogOf(new DynamoTable({ tableName, client, clock, randomSource }), { keepMs: KEEP_MS });
  });

  async function wrote(fields: Partial<AuditEntry> = {}): Promise<AuditEntry> {
    const actor = { kind: 'command-line', principal: 'me@here' } as const;
    const entry: AuditEntry = {
      id: randomSource.id(),
      at: now,
      actor,
      action: 'gate.pause',
      outcome: 'done',
      ...fields,
    };
    await log.write(entry);
    return entry;
  }

  async function pages(query: Partial<AuditQuery>): Promise<readonly (readonly AuditEntry[])[]> {
    const all: (readonly AuditEntry[])[] = [];
    let cursor: string | undefined;
    do {
      const page = await log.read({ limit: 100, ...query, cursor });
      all.push(page.entries);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return all;
  }

  it('shows what was written, newest first, over the months, each once however large the pages are', async () => {
    const written: AuditEntry[] = [];
    for (let day = 0; day < 60; day += 1) {
      now = START + day * DAY_MS;
      // A month in between has no act.
      if (day < 10 || day > 45) written.push(await wrote({ target: String(day), reason: 'why' }));
    }
    for (const limit of [1, 7, 100]) {
      expect((await pages({ limit })).flat(), String(limit)).toEqual(written.toReversed());
    }
  });

  it('has one entry for what was begun and then done', async () => {
    const entry = await wrote({ outcome: 'begun' });
    await log.write({ ...entry, outcome: 'done', accountId: 'acc_a' });
    expect((await pages({})).flat()).toEqual([{ ...entry, outcome: 'done', accountId: 'acc_a' }]);
  });

  it('finds the acts on one account and of one kind behind many others', async () => {
    const wanted = await wrote({ accountId: 'acc_a', action: 'task.cancel' });
    for (let count = 0; count < 250; count += 1) await wrote({ accountId: count % 2 === 0 ? 'acc_a' : 'acc_b' });
    expect((await pages({ accountId: 'acc_a', action: 'task.cancel' })).flat()).toEqual([wanted]);
    expect((await pages({ accountId: 'acc_b' })).flat()).toHaveLength(125);
  });

  it('finds the acts of a time, over the end of a month, on pages of any size', async () => {
    const written: AuditEntry[] = [];
    for (let day = 0; day < 30; day += 1) {
      now = START + day * DAY_MS;
      written.push(await wrote({ target: String(day) }));
    }
    const [fromMs, toMs] = [START + 5 * DAY_MS, START + 20 * DAY_MS];
    const wanted = written.slice(5, 20).toReversed();
    for (const limit of [1, 100]) expect((await pages({ limit, fromMs, toMs })).flat()).toEqual(wanted);
    expect((await pages({ toMs: now + DAY_MS })).flat()).toHaveLength(30);
    expect((await pages({ fromMs: now + 1 })).flat()).toEqual([]);
  });

  it('ends with the time that entries are kept', async () => {
    await wrote();
    now = START + KEEP_MS - 1;
    const late = await wrote();
    expect((await pages({})).flat()).toHaveLength(2);
    now = START + KEEP_MS + 1;
    expect((await pages({})).flat()).toEqual([late]);
  });

  it.each(['', 'x', Buffer.from('d1 2026-13 ').toString('base64url')])('refuses the cursor %j', async (cursor) => {
    await expect(log.read({ limit: 1, cursor })).rejects.toMatchObject({ code: 'bad-cursor' });
  });
});
