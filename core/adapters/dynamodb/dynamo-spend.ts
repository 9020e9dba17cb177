// Roll-ups of spend in DynamoDB: one row for each account, day and model, with counters for each code, which are only
// ever added to; and the place in the account's log up to which they reach.
import { GetItemCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { keyOf } from '../../contract/items.ts';
import { mergeSpend, noSpend, spendCorrection } from '../../domain/money/spend.ts';
import { sendUnlessRefused } from './send-unless-refused.ts';
import { queryPage } from './dynamo-reads.ts';
import { keyItem } from './task-item.ts';
import { UpdateExpression } from './update-expression.ts';
import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import type { SpendPart, SpendSums } from '../../domain/money/spend.ts';
import type { TaskChange } from '../../domain/task/derived-counts.ts';
import type { SpendMove, SpendStore } from '../../ports/spend-store.ts';
import type { DynamoTable, Item } from './dynamo-table.ts';
import type { PlannedWrite } from './planned-write.ts';

/** The counters of one code: this prefix, then the code. */
const prefixes = {
  ends: 'e:',
  chargedMicros: 'c:',
  inDoubtMicros: 'd:',
  givenBackMicros: 'g:',
} as const satisfies Record<keyof SpendSums, string>;

export function spendOf(table: DynamoTable): SpendStore {
  return {
    loadSpendPlace: async (accountId) => {
      const Key = keyItem(keyOf.spendPlace(accountId));
      const get = new GetItemCommand({ TableName: table.name, Key, ConsistentRead: true });
      const item = (await table.call((client) => client.send(get))).Item;
      return item && { position: Number(item['position']?.N), id: item['eventId']?.S ?? '' };
    },

    addSpend: (move) => addSpend(table, move),

    listSpend: async (accountId, fromDay, toDay) => {
      const parts: SpendPart[] = [];
      let start: Item | undefined;
      do {
        const page = await queryPage(table, {
          ...rowsOf(accountId, fromDay, toDay),
          ...(start && { ExclusiveStartKey: start }),
        });
        parts.push(...page.items.flatMap(readParts));
        start = page.next;
      } while (start);
      return parts;
    },

    newestSpend: async (accountId, { fromDay, toDay }, rowsMax) => {
      const { items, next } = await queryPage(table, {
        ...rowsOf(accountId, fromDay, toDay),
        ScanIndexForward: false,
        Limit: rowsMax,
      });
      return { parts: items.flatMap(readParts), isWhole: next === undefined };
    },
  };
}

function rowsOf(accountId: string, fromDay: number, toDay: number) {
  const { pk } = keyOf.spendPlace(accountId);
  return {
    KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
    // A row's key is its day, then `#`: `$` comes next after that.
    ExpressionAttributeValues: { ':pk': { S: pk }, ':from': { S: String(fromDay) }, ':to': { S: `${toDay}$` } },
    ConsistentRead: true,
  };
}

async function addSpend(table: DynamoTable, { accountId, before, after, parts }: SpendMove): Promise<boolean> {
  const place = new UpdateExpression();
  place.set('position', after.position);
  place.set('eventId', after.id);
  const id = place.name('eventId');
  place.require(before ? `${id} = ${place.value(before.id)}` : `attribute_not_exists(${id})`);
  const transaction = new TransactWriteItemsCommand({
    TransactItems: [
      { Update: place.toUpdate(table.name, keyOf.spendPlace(accountId)) },
      ...rowWrites(table.name, accountId, parts),
    ],
    ClientRequestToken: table.newId(),
  });
  return sendUnlessRefused(table, transaction);
}

/** What becomes known of tasks after their ends, in the very transaction that records it. */
export function correctionWrites(changes: readonly TaskChange[], tableName: string): PlannedWrite[] {
  const corrected = Map.groupBy(changes, ({ after }) => after.accountId);
  return [...corrected].flatMap(([accountId, own]) => {
    const parts = mergeSpend(own.flatMap((change) => spendCorrection(change) ?? []));
    return rowWrites(tableName, accountId, parts).map((write) => ({ subject: { kind: 'other' } as const, write }));
  });
}

/** One update for each day and model: a transaction may write an item only once. */
function rowWrites(tableName: string, accountId: string, parts: readonly SpendPart[]): TransactWriteItem[] {
  return [...Map.groupBy(parts, ({ day, model }) => `${day}#${model}`).values()].map((row) => {
    const update = new UpdateExpression();
    for (const part of row) {
      for (const [sum, prefix] of Object.entries(prefixes)) {
        update.add(`${prefix}${part.code}`, part[sum as keyof SpendSums]);
      }
    }
    const [{ day = 0, model = '' } = {}] = row;
    return { Update: update.toUpdate(tableName, keyOf.spend(accountId, day, model)) };
  });
}

function readParts(item: Item): readonly SpendPart[] {
  const [day = '', ...model] = (item['sk']?.S ?? '').split('#');
  const parts = new Map<string, SpendPart>();
  for (const [name, value] of Object.entries(item)) {
    for (const [sum, prefix] of Object.entries(prefixes)) {
      if (!name.startsWith(prefix)) continue;
      const code = name.slice(prefix.length);
      const known = parts.get(code) ?? { ...noSpend, day: Number(day), model: model.join('#'), code };
      parts.set(code, { ...known, [sum]: Number(value.N) });
    }
  }
  return [...parts.values()];
}
