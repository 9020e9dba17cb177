// Webhook endpoints and the account's own signing secrets in DynamoDB, beside the account they belong to.
// Each is one JSON text with a version; an endpoint is disabled in one transaction with the event that reports it.
import { GetItemCommand, PutItemCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { keyOf } from '../../contract/items.ts';
import { limits } from '../../domain/limits.ts';
import { writeWithEvent } from './dynamo-events.ts';
import { queryPage } from './dynamo-reads.ts';
import { packText, unpackText } from './compact-row.ts';
import { storedEndpoint, storedSigning } from './stored-names.ts';
import { classifyFault } from '../sdk-faults.ts';
import { sendUnlessRefused } from './send-unless-refused.ts';
import { keyItem } from './task-item.ts';
import { UpdateExpression } from './update-expression.ts';
import type { Put, TransactWriteItem } from '@aws-sdk/client-dynamodb';
import type { Key } from '../../contract/items.ts';
import type { AccountReceivers, EndpointStore } from '../../ports/webhook-ports.ts';
import type { AccountSigning, WebhookEndpoint } from '../../domain/webhook/webhook-endpoint.ts';
import type { StoredFields } from './stored-names.ts';
import type { DynamoTable, Item } from './dynamo-table.ts';

function read<Value>(item: Item | undefined, fields: StoredFields): Value | undefined {
  return item?.['body']?.S === undefined ? undefined : unpackText<Value>(item['body'].S, fields);
}

async function load<Value>(table: DynamoTable, key: Key, fields: StoredFields): Promise<Value | undefined> {
  const get = new GetItemCommand({ TableName: table.name, Key: keyItem(key), ConsistentRead: true });
  return read<Value>((await table.call((client) => client.send(get))).Item, fields);
}

/** An endpoint or an account's own secrets; the key shows which of the two. */
function textOf(value: WebhookEndpoint | AccountSigning): string {
  return packText(value, 'id' in value ? storedEndpoint : storedSigning);
}

/** Writes version n over version n - 1, or version 1 over nothing. */
function versioned(table: DynamoTable, key: Key, value: WebhookEndpoint | AccountSigning): Put {
  return {
    TableName: table.name,
    Item: { ...keyItem(key), body: { S: textOf(value) }, version: { N: String(value.version) } },
    ...(value.version === 1
      ? { ConditionExpression: 'attribute_not_exists(pk)' }
      : {
          ConditionExpression: '#version = :before',
          ExpressionAttributeNames: { '#version': 'version' },
          ExpressionAttributeValues: { ':before': { N: String(value.version - 1) } },
        }),
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  };
}

/** True when the stored item is our own write, of which only the answer was lost. */
function isOwn(item: Item | undefined, value: WebhookEndpoint | AccountSigning): boolean {
  return item?.['body']?.S === textOf(value);
}

async function save(table: DynamoTable, key: Key, value: WebhookEndpoint | AccountSigning): Promise<boolean> {
  try {
    await table.call((client) => client.send(new PutItemCommand(versioned(table, key, value))));
    return true;
  } catch (error) {
    const fault = classifyFault(error);
    if (fault.kind !== 'condition-failed') throw error;
    return isOwn(fault.item, value);
  }
}

function countUpdate(
  table: DynamoTable,
  accountId: string,
  by: 1 | -1,
  endpointsMax: number = limits.webhookEndpointsMax,
): TransactWriteItem {
  const update = new UpdateExpression();
  update.add('endpoints', by);
  const count = update.name('endpoints');
  if (by > 0) update.require(`attribute_not_exists(${count}) OR ${count} < ${update.value(endpointsMax)}`);
  return { Update: update.toUpdate(table.name, keyOf.endpointCount(accountId)) };
}

/** False when a condition did not hold. */
function transact(table: DynamoTable, writes: TransactWriteItem[]): Promise<boolean> {
  const transaction = new TransactWriteItemsCommand({ TransactItems: writes, ClientRequestToken: table.newId() });
  return sendUnlessRefused(table, transaction);
}

function ownerItem({ id, accountId }: WebhookEndpoint): Item {
  return { ...keyItem(keyOf.endpointOwner(id)), owner: { S: accountId } };
}

function readEndpoint(item: Item): WebhookEndpoint | undefined {
  return read<WebhookEndpoint>(item, storedEndpoint);
}

/** Sorts after every id of an endpoint. */
const LAST = '\uffff';
/** Bytes of other rows of an account, for which a read of its own costs less: one unit. */
const OTHER_BYTES_MAX = 4_096;
/** Accounts that one process remembers; forgetting one costs it one long read. */
const LONG_ACCOUNTS_MAX = 1_000;

/**
 * The account's row with its fence, its endpoints and, behind small rows of other things, its secrets: mostly one unit. The
 * mutes of failures lie among the others and may be long: an account where they are has its secrets read when they are asked for.
 * @param long accounts that this process knows to be such; it only decides how much is read.
 */
async function loadReceivers(table: DynamoTable, long: Set<string>, accountId: string): Promise<AccountReceivers> {
  const { pk, sk: own } = keyOf.account(accountId);
  const secrets = keyOf.signing(accountId).sk;
  const to = long.has(accountId) ? keyOf.endpoint(accountId, LAST).sk : secrets;
  const { items } = await queryPage(table, {
    KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
    ExpressionAttributeValues: { ':pk': { S: pk }, ':from': { S: own }, ':to': { S: to } },
    ConsistentRead: true,
  });
  const prefix = keyOf.endpoint(accountId, '').sk;
  const skOf = (item: Item): string => item['sk']?.S ?? '';
  const isWanted = (item: Item): boolean => [own, secrets].includes(skOf(item)) || skOf(item).startsWith(prefix);
  const others = items.filter((item) => !isWanted(item));
  if (others.reduce((sum, item) => sum + JSON.stringify(item).length, 0) > OTHER_BYTES_MAX) {
    if (long.size >= LONG_ACCOUNTS_MAX) long.clear();
    long.add(accountId);
  }
  const rowOf = (sk: string): Item | undefined => items.find((item) => skOf(item) === sk);
  return {
    endpoints: items.flatMap((item) => (skOf(item).startsWith(prefix) ? (readEndpoint(item) ?? []) : [])),
    signing: read<AccountSigning>(rowOf(secrets), storedSigning),
    eventFence: Number(rowOf(own)?.['eventFence']?.N ?? -1),
  };
}

export function endpointsOf(table: DynamoTable): EndpointStore {
  const long = new Set<string>();
  return {
    createEndpoint: async (endpoint, endpointsMax) => {
      const put = versioned(table, keyOf.endpoint(endpoint.accountId, endpoint.id), endpoint);
      const isMade = await transact(table, [
        { Put: put },
        countUpdate(table, endpoint.accountId, 1, endpointsMax),
        { Put: { TableName: table.name, Item: ownerItem(endpoint) } },
      ]);
      return isMade ? 'created' : 'too-many';
    },

    loadEndpoint: (accountId, endpointId) =>
      load<WebhookEndpoint>(table, keyOf.endpoint(accountId, endpointId), storedEndpoint),

    findEndpoint: async (endpointId) => {
      const key = keyItem(keyOf.endpointOwner(endpointId));
      const get = new GetItemCommand({ TableName: table.name, Key: key, ConsistentRead: true });
      const accountId = (await table.call((client) => client.send(get))).Item?.['owner']?.S;
      if (accountId === undefined) return undefined;
      return load<WebhookEndpoint>(table, keyOf.endpoint(accountId, endpointId), storedEndpoint);
    },

    listEndpoints: async (accountId) => {
      const { pk, sk } = keyOf.endpoint(accountId, '');
      const { items } = await queryPage(table, {
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :sk)',
        ExpressionAttributeValues: { ':pk': { S: pk }, ':sk': { S: sk } },
        ConsistentRead: true,
      });
      return items.flatMap((item) => readEndpoint(item) ?? []);
    },

    loadReceivers: (accountId) => loadReceivers(table, long, accountId),

    saveEndpoint: async (endpoint, event) => {
      const key = keyOf.endpoint(endpoint.accountId, endpoint.id);
      if (!event) return save(table, key, endpoint);
      const refused = await writeWithEvent(table, { Put: versioned(table, key, endpoint) }, event);
      return refused === undefined || isOwn(refused.item, endpoint);
    },

    deleteEndpoint: (accountId, endpointId) => {
      const { pk, sk } = keyOf.endpoint(accountId, endpointId);
      const remove = {
        TableName: table.name,
        Key: keyItem({ pk, sk }),
        ConditionExpression: 'attribute_exists(pk)',
      };
      return transact(table, [
        { Delete: remove },
        countUpdate(table, accountId, -1),
        { Delete: { TableName: table.name, Key: keyItem(keyOf.endpointOwner(endpointId)) } },
      ]);
    },

    loadSigning: (accountId) => load<AccountSigning>(table, keyOf.signing(accountId), storedSigning),

    saveSigning: (signing) => save(table, keyOf.signing(signing.accountId), signing),
  };
}
