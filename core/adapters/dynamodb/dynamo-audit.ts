// The audit log in DynamoDB: a partition for each month, entries in the order of their ids, which is that of their time.
// TTL removes an entry after `audit.keepMs`; reads leave out what it has not removed yet.
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { keyOf } from '../../contract/items.ts';
import { RelayError } from '../../domain/relay-error.ts';
import { queryPage } from './dynamo-reads.ts';
import { idPrefixAt } from './task-query.ts';
import { keyItem } from './task-item.ts';
import type { AuditEntry, AuditSettings } from '../../domain/audit-entry.ts';
import type { AuditLog, AuditPage, AuditQuery } from '../../ports/audit-log.ts';
import type { DynamoTable } from './dynamo-table.ts';

/** Rows read in one step, and the steps of one page: a filter that few entries pass must not read a year at once. */
const STEP_ROWS = 100;
const STEPS_MAX = 20;

export function auditLogOf(table: DynamoTable, { keepMs }: AuditSettings): AuditLog {
  return {
    write: async (entry) => {
      const put = new PutItemCommand({
        TableName: table.name,
        Item: {
          ...keyItem(keyOf.audit(monthOf(entry.at), entry.id)),
          body: { S: JSON.stringify(entry) },
          ttl: { N: String(Math.ceil((entry.at + keepMs) / 1_000)) },
        },
      });
      await table.call((client) => client.send(put));
    },

    read: (query) => read(table, keepMs, query),
  };
}

/** Behind this entry of this month; without an entry, at the month's end. */
interface Place {
  readonly month: string;
  readonly before?: string | undefined;
}

async function read(table: DynamoTable, keepMs: number, query: AuditQuery): Promise<AuditPage> {
  const oldestAt = Math.max(table.now() - keepMs, query.fromMs ?? 0);
  const entries: AuditEntry[] = [];
  let place: Place | undefined =
    query.cursor === undefined ? placeAt(table.now(), query.toMs) : readCursor(query.cursor);
  for (let steps = 0; steps < STEPS_MAX && place; steps += 1) {
    const step = await readStep(table, place);
    for (const entry of step.entries) {
      if (entry.at < oldestAt) return { entries };
      if (!matches(entry, query)) continue;
      entries.push(entry);
      if (entries.length === query.limit)
        return { entries, cursor: writeCursor({ month: place.month, before: entry.id }) };
    }
    place = step.next ?? monthBefore(place.month, oldestAt);
  }
  return { entries, ...(place && { cursor: writeCursor(place) }) };
}

function placeAt(now: number, toMs: number = now + 1): Place {
  return toMs > now ? { month: monthOf(now) } : { month: monthOf(toMs), before: idPrefixAt(toMs) };
}

async function readStep(table: DynamoTable, { month, before }: Place) {
  const { items, next } = await queryPage(table, {
    KeyConditionExpression: `pk = :month${before === undefined ? '' : ' AND sk < :before'}`,
    ExpressionAttributeValues: {
      ':month': { S: keyOf.audit(month, '').pk },
      ...(before !== undefined && { ':before': { S: before } }),
    },
    ScanIndexForward: false,
    ConsistentRead: true,
    Limit: STEP_ROWS,
  });
  const entries = items.map((item) => JSON.parse(item['body']?.S ?? '') as AuditEntry);
  return { entries, next: next && { month, before: next['sk']?.S } };
}

function matches(entry: AuditEntry, { accountId, action }: AuditQuery): boolean {
  return (
    (accountId === undefined || entry.accountId === accountId) && (action === undefined || entry.action === action)
  );
}

/** `2026-11`, in UTC. */
function monthOf(at: number): string {
  return new Date(at).toISOString().slice(0, 7);
}

/** Undefined before the month of the oldest entry that is kept. */
function monthBefore(month: string, oldestAt: number): Place | undefined {
  const before = monthOf(Date.parse(`${month}-01T00:00:00Z`) - 1);
  return before < monthOf(oldestAt) ? undefined : { month: before };
}

/** The first letter is the version of the cursor's form. */
const FORM = 'd1';

function writeCursor({ month, before = '' }: Place): string {
  return Buffer.from([FORM, month, before].join(' ')).toString('base64url');
}

function readCursor(cursor: string): Place {
  const [form, month = '', before = ''] = Buffer.from(cursor, 'base64url').toString('utf8').split(' ');
  if (form !== FORM || !/^\d{4}-(0[1-9]|1[0-2])$/.test(month) || !/^[0-9a-f-]{0,36}$/.test(before)) {
    throw new RelayError('bad-cursor', 'The cursor is not one of this list');
  }
  return { month, ...(before !== '' && { before }) };
}
