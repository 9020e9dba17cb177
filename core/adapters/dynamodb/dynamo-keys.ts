// The keys of accounts in DynamoDB: each is an item under its digest, and an entry in the list of its account.
// api-key.ts decides what a key may do and whether it is still good.
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { keyOf } from '../../contract/items.ts';
import { isLive } from '../../domain/api-key.ts';
import { limits } from '../../domain/limits.ts';
import { RelayError } from '../../domain/relay-error.ts';
import { tryPolicies } from '../../ports/optimistic-commit.ts';
import { classifyFault } from '../sdk-faults.ts';
import { batchGet, queryPartition } from './dynamo-reads.ts';
import { deleteRow, loadItem, makeListed, readItem, updateListed } from './listed-items.ts';
import { UpdateExpression } from './update-expression.ts';
import type { AccountAdmin, AccountStore, KeyStore } from '../../ports/ports.ts';
import type { ApiKey } from '../../domain/api-key.ts';
import type { Tried } from '../../ports/optimistic-commit.ts';
import type { Update } from './listed-items.ts';
import type { DynamoTable, Item } from './dynamo-table.ts';

type Keys = KeyStore & Pick<AccountStore, 'findKey' | 'noteKeyUse'> & Pick<AccountAdmin, 'putKey'>;

function readKey(item: Item | undefined): ApiKey | undefined {
  return readItem<ApiKey>(item, 'digest');
}

export function keysOf(table: DynamoTable): Keys {
  return {
    findKey: async (digest) => readKey(await loadItem(table, keyOf.apiKey(digest))),

    noteKeyUse: (digest, hourAt) => noteKeyUse(table, digest, hourAt),

    createKey: (key) => createKey(table, key),

    putKey: (key) => makeListed(table, creation(table, key), keyOf.keyListing(key.accountId, key.digest)),

    revokeKey: async (digest, now) => {
      const update = new UpdateExpression();
      update.setIfAbsent('revokedAt', now);
      update.require(`attribute_exists(${update.name('digest')})`);
      return readKey(await updateListed(table, update, keyOf.apiKey(digest)));
    },

    listKeys: (accountId) => listKeys(table, accountId),
  };
}

async function listKeys(table: DynamoTable, accountId: string): Promise<readonly ApiKey[]> {
  const listed = await queryPartition(table, keyOf.keyListing(accountId, '').pk);
  const keys = listed.map((item) => keyOf.apiKey(item['sk']?.S ?? ''));
  const found = (await batchGet(table, keys, { consistent: true })).flatMap((item) => readKey(item) ?? []);
  return found.sort((a, b) => a.createdAt - b.createdAt || (a.digest < b.digest ? -1 : 1));
}

function creation(table: DynamoTable, key: ApiKey): Update {
  const update = new UpdateExpression();
  for (const [name, value] of Object.entries(key)) if (value !== undefined) update.set(name, value);
  update.require(`attribute_not_exists(${update.name('digest')})`);
  return update.toUpdate(table.name, keyOf.apiKey(key.digest));
}

/** Counts on the version of the account's keys: of two calls that both saw room for one more, one reads again. */
function createKey(table: DynamoTable, key: ApiKey): Promise<'created' | 'too-many'> {
  const attempt = async (): Promise<Tried<'created' | 'too-many'>> => {
    const counter = keyOf.keyCount(key.accountId);
    const version = Number((await loadItem(table, counter))?.['version']?.N ?? 0);
    const kept = await listKeys(table, key.accountId);
    const dead = kept.filter((one) => !isLive(one, key.createdAt));
    if (kept.length - dead.length >= limits.liveKeysMax) return { result: 'too-many' };
    for (const { digest } of dead.slice(0, Math.max(0, kept.length + 1 - limits.keptKeysMax))) {
      await deleteOne(table, key.accountId, digest);
    }
    const count = new UpdateExpression();
    count.set('version', version + 1);
    const name = count.name('version');
    count.require(version === 0 ? `attribute_not_exists(${name})` : `${name} = ${count.value(version)}`);
    const listing = keyOf.keyListing(key.accountId, key.digest);
    const more = [count.toUpdate(table.name, counter)];
    return (await makeListed(table, creation(table, key), listing, more)) ? { result: 'created' } : 'lost';
  };
  const contended = (): Error =>
    new RelayError('store-contended', 'The keys of the account are being changed by others; try again');
  return table.optimistically({ policy: tryPolicies.endpoint, attempt, contended });
}

async function noteKeyUse(table: DynamoTable, digest: string, hourAt: number): Promise<void> {
  const update = new UpdateExpression();
  update.set('lastUsedAt', hourAt);
  const [used, known] = [update.name('lastUsedAt'), update.name('digest')];
  update.require(`attribute_exists(${known})`);
  update.require(`attribute_not_exists(${used}) OR ${used} < ${update.value(hourAt)}`);
  try {
    const command = new UpdateItemCommand(update.toUpdate(table.name, keyOf.apiKey(digest)));
    await table.call((client) => client.send(command));
  } catch (error) {
    if (classifyFault(error).kind !== 'condition-failed') throw error;
  }
}

async function deleteOne(table: DynamoTable, accountId: string, digest: string): Promise<void> {
  await deleteRow(table, keyOf.apiKey(digest));
  await deleteRow(table, keyOf.keyListing(accountId, digest));
}

/** All keys of an account. */
export async function deleteKeysOf(table: DynamoTable, accountId: string): Promise<void> {
  for (const { sk } of await queryPartition(table, keyOf.keyListing(accountId, '').pk)) {
    await deleteOne(table, accountId, sk?.S ?? '');
  }
}
