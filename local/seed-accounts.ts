// The accounts and keys that a local relay has from the start: one without limits for its user, and three for trying
// out the error table. They are made once, kept in the data directory, and put into the table if they are missing.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { accountsOf } from '../core/adapters/dynamodb/dynamo-accounts.ts';
import { endpointsOf } from '../core/adapters/dynamodb/dynamo-endpoints.ts';
import { DynamoTable } from '../core/adapters/dynamodb/dynamo-table.ts';
import { isOfThisLayout } from '../core/adapters/dynamodb/table-layout.ts';
import { systemRandomSource } from '../core/adapters/system-random-source.ts';
import { systemClock } from '../core/adapters/system-clock.ts';
import { keyHintOf, newKeyText } from '../core/domain/api-key.ts';
import { sha256Hex } from '../core/domain/sha256-hex.ts';
import { currentSecret, newSecret } from '../core/domain/webhook/webhook-secrets.ts';
import { standInClient } from './services/stand-in-client.ts';
import { StartError } from './start-error.ts';
import type { Account } from '../core/domain/account.ts';
import type { DataDirectory } from './data-directory.ts';

interface LocalKeys {
  /** Key of the account without limits, which is also the operator's. */
  readonly apiKey: string;
  /** Key of an account that may have one unfinished task. */
  readonly limited: string;
  /** Key of an account without credit. */
  readonly empty: string;
  readonly revoked: string;
}

interface SeededAccount {
  readonly key: keyof LocalKeys;
  readonly name: string;
  readonly traits: Partial<Pick<Account, 'concurrentTasksMax' | 'balanceMicros' | 'isOperator'>>;
  readonly isKeyRevoked?: boolean;
}

const seeds: readonly SeededAccount[] = [
  { key: 'apiKey', name: 'local', traits: { isOperator: true } },
  { key: 'limited', name: 'one task at once', traits: { concurrentTasksMax: 1 } },
  { key: 'empty', name: 'no credit', traits: { balanceMicros: 0 } },
  { key: 'revoked', name: 'revoked key', traits: {}, isKeyRevoked: true },
];

/** The keys, and the secret that signs the webhooks of the first account. */
export interface LocalCredentials extends LocalKeys {
  readonly webhookSecret: string;
}

/** Keys and the ids of their accounts, as kept in the data directory. */
type KeptKeys = LocalKeys & { readonly accountIds: Readonly<Record<keyof LocalKeys, string>> };

const FILE_NAME = 'keys.json';

/** @throws StartError for a table of another layout; errors of the table are thrown on. */
export async function seedAccounts(
  data: DataDirectory,
  endpoint: string,
  tableName: string,
): Promise<LocalCredentials> {
  const kept = (data.read(FILE_NAME) as KeptKeys | undefined) ?? drawKeys();
  // Written before the table, so that a kill in between leaves keys that the next start puts in, never rows without a
  // key.
  data.write(FILE_NAME, kept);
  const client = standInClient(endpoint, (config) => new DynamoDBClient(config));
  if (!(await isOfThisLayout(client, tableName))) {
    throw new StartError('The data directory was written by another version of the relay: start with --fresh.');
  }
  const table = new DynamoTable({ tableName, client, clock: systemClock, randomSource: systemRandomSource });
  const store = accountsOf(table);
  const now = systemClock.now();
  for (const { key, name, traits, isKeyRevoked } of seeds) {
    const id = kept.accountIds[key];
    const digest = sha256Hex(kept[key]);
    // Both leave existing rows unchanged: the user may have edited them.
    await store.putAccount({ id, name, weight: 1, isOperator: false, activeTasks: 0, createdAt: now, ...traits });
    await store.putKey({ digest, accountId: id, hint: keyHintOf(kept[key]), createdAt: now });
    if (isKeyRevoked) await store.revokeKey(digest, now);
  }
  const webhookSecret = await seedSecret(table, kept.accountIds.apiKey, now);
  client.destroy();
  const { accountIds: _ids, ...keys } = kept;
  return { ...keys, webhookSecret };
}

/** The newest secret, so that the file is correct after a rotation. */
async function seedSecret(table: DynamoTable, accountId: string, now: number): Promise<string> {
  const store = endpointsOf(table);
  const made = { accountId, secrets: [newSecret('v1', () => systemRandomSource.secret(), now)], version: 1 };
  const signing = (await store.loadSigning(accountId)) ?? made;
  if (signing === made) await store.saveSigning(made);
  return currentSecret(signing.secrets, 'v1')?.secret ?? '';
}

function drawKeys(): KeptKeys {
  const key = (): string => newKeyText(() => systemRandomSource.secret());
  const id = (): string => `acc_${systemRandomSource.id()}`;
  return {
    apiKey: key(),
    limited: key(),
    empty: key(),
    revoked: key(),
    accountIds: { apiKey: id(), limited: id(), empty: id(), revoked: id() },
  };
}
