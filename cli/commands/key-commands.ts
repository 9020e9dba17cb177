// `relay keys`: the secrets that identify accounts. A key is shown once, when it is made; only its digest is stored.
// api-key.ts defines their form and what each scope allows.
import { addCommand, runAs, withReason } from '../add-command.ts';
import { factsText, tableText, timeText, withinHourText } from '../terminal.ts';
import { CommandFailure, exitCodes } from '../command-failure.ts';
import { isLive, keyHintOf, keyIdOf, KEY_PREFIX, newKeyText, scopes, scopesOf } from '../../core/domain/api-key.ts';
import { limits } from '../../core/domain/limits.ts';
import { sha256Hex } from '../../core/domain/sha256-hex.ts';
import { publicKey } from '../../core/http/public-key.ts';
import { principal } from '../principal.ts';
import { duration, someOf } from '../read-options.ts';
import { onRecord } from '../audited-command.ts';
import { accountOf } from './account-of.ts';
import { typed } from '../typed-command.ts';
import type { Command } from 'commander';
import type { Account } from '../../core/domain/account.ts';
import type { ApiKey, Scope } from '../../core/domain/api-key.ts';
import type { CommandContext } from '../add-command.ts';
import type { CommandPorts } from '../command-ports.ts';
import type { Report } from '../terminal.ts';

interface KeyOptions {
  readonly name?: string;
  readonly scopes?: readonly Scope[];
  /** Milliseconds from now. */
  readonly expires?: number;
}

function shownKey(key: ApiKey, account: Account): object {
  return { ...publicKey(key, account), account_id: account.id };
}

/**
 * Makes a key; only the returned value holds its text.
 * @throws CommandFailure when the account has as many good keys as it may have, or lacks a scope that is asked for.
 */
export async function createKey(
  ports: CommandPorts,
  account: Account,
  { name, scopes: wanted, expires }: KeyOptions = {},
): Promise<{ readonly key: string; readonly stored: ApiKey }> {
  if (wanted?.includes('operate') && !account.isOperator) {
    const text = `${account.name} is no operator's account.`;
    throw new CommandFailure(text, `\`${typed(`accounts set ${account.id} --operator`)}\` makes it one.`);
  }
  const key = newKeyText(() => ports.randomSource.secret());
  const now = ports.clock.now();
  const given: readonly Scope[] = wanted ?? scopes.filter((scope) => scope !== 'operate' || account.isOperator);
  const stored: ApiKey = {
    digest: sha256Hex(key),
    accountId: account.id,
    hint: keyHintOf(key),
    createdAt: now,
    scopes: given,
    createdBy: `cli:${principal()}`,
    ...(name !== undefined && { name }),
    ...(expires !== undefined && { expiresAt: now + expires }),
  };
  const act = { action: 'key.create', target: keyIdOf(stored) } as const;
  await onRecord(
    ports,
    act,
    async () => {
      if ((await ports.store.createKey(stored)) === 'created') return;
      throw new CommandFailure(
        `${account.name} has ${limits.liveKeysMax} good keys, as many as an account may have.`,
        `Revoke one: \`${typed(`keys list ${account.id}`)}\` shows when each was last used.`,
      );
    },
    () => ({ accountId: account.id }),
  );
  return { key, stored };
}

/** @throws CommandFailure when no key of the account, or more than one, begins with this id. */
async function keyOf({ store }: CommandPorts, accountId: string, idOrKey: string): Promise<ApiKey> {
  const digest = idOrKey.startsWith(KEY_PREFIX) ? sha256Hex(idOrKey) : idOrKey;
  const found = (await store.listKeys(accountId)).filter((key) => digest !== '' && key.digest.startsWith(digest));
  const [only] = found;
  if (only && found.length === 1) return only;
  throw new CommandFailure(
    found.length === 0 ? `The account has no key ${shownId(idOrKey)}.` : `${found.length} keys begin with this id.`,
    `\`${typed(`keys list ${accountId}`)}\` shows the ids.`,
    exitCodes.notFound,
  );
}

/** Shortens a key that the operator typed whole, so that no log of the terminal holds it again. */
function shownId(idOrKey: string): string {
  return idOrKey.startsWith(KEY_PREFIX) ? `${KEY_PREFIX}…` : idOrKey;
}

function stateText(key: ApiKey, now: number): string {
  if (key.revokedAt !== undefined) return `revoked ${timeText(key.revokedAt)}`;
  if (key.expiresAt === undefined) return 'good';
  return isLive(key, now) ? `good until ${timeText(key.expiresAt)}` : `expired ${timeText(key.expiresAt)}`;
}

/** The keys of one account, or of all of them. */
async function listKeys({ ports }: CommandContext, idOrName: string | undefined): Promise<Report> {
  const { store, clock } = ports;
  const accounts = idOrName === undefined ? await store.listAccounts() : [await accountOf(ports, idOrName)];
  const shown: { readonly key: ApiKey; readonly account: Account }[] = [];
  for (const account of accounts) {
    for (const key of await store.listKeys(account.id)) shown.push({ key, account });
  }
  const rows = shown.map(({ key, account }) => [
    ...(idOrName === undefined ? [account.name] : []),
    keyIdOf(key),
    key.name ?? '-',
    `${key.hint}…`,
    scopesOf(key, account).join(' '),
    timeText(key.createdAt),
    key.lastUsedAt === undefined ? 'never' : withinHourText(key.lastUsedAt),
    stateText(key, clock.now()),
  ]);
  const titles = ['Id', 'Name', 'Begins', 'Scopes', 'Made', 'Last used', 'State'];
  const empty =
    idOrName === undefined
      ? 'No account has a key yet.'
      : `The account has no keys yet: \`${typed(`keys create ${idOrName}`)}\` makes one.`;
  return {
    value: shown.map(({ key, account }) => shownKey(key, account)),
    text: tableText(idOrName === undefined ? ['Account', ...titles] : titles, rows, empty),
  };
}

export function addKeyCommands(program: Command): void {
  const keys = program.command('keys').description('the keys of accounts');
  addCreate(keys);

  runAs(
    addCommand(keys, 'list [account]', 'Lists the keys of an account, or of all, those that are no longer good too.', [
      'keys list studio',
      'keys list --json',
    ]),
    (context, [idOrName]) => listKeys(context, idOrName),
  );

  runAs(
    withReason(
      addCommand(
        keys,
        'revoke <account> <key>',
        'Revokes a key for good, named by its id. Tasks submitted with it go on.',
        ['keys revoke studio 3f9a0c1be2d4'],
      ),
    ),
    async ({ ports }, [idOrName = '', idOrKey = '']) => {
      const account = await accountOf(ports, idOrName);
      const { digest } = await keyOf(ports, account.id, idOrKey);
      const revoked = await ports.store.revokeKey(digest, ports.clock.now());
      if (!revoked) throw new CommandFailure('The key is gone.', 'List the keys again.', exitCodes.notFound);
      return { value: shownKey(revoked, account), text: `Revoked: ${keyIdOf(revoked)} is now refused.` };
    },
    'key.revoke',
  );
}

function addCreate(keys: Command): void {
  return runAs<KeyOptions>(
    addCommand(keys, 'create <account>', 'Makes a key for an account and shows it once.', [
      'keys create studio',
      'keys create studio --name ci --scopes submit,read --expires 90d',
      'keys create studio --json | jq -r .key',
    ])
      .option('--name <name>', 'what it is for')
      .option(
        '--scopes <scopes>',
        `some of ${scopes.join(', ')} (default: all that the account may do)`,
        someOf(scopes),
      )
      .option('--expires <time>', 'how long it is good (default: until it is revoked)', duration),
    async ({ ports }, [idOrName = ''], options) => {
      if (options.name !== undefined && options.name.length > limits.keyNameCharsMax) {
        throw new CommandFailure('The name is too long.', `Use ${limits.keyNameCharsMax} characters.`, exitCodes.usage);
      }
      const account = await accountOf(ports, idOrName);
      const { key, stored } = await createKey(ports, account, options);
      const facts = factsText({
        Key: key,
        Id: keyIdOf(stored),
        Account: account.id,
        Scopes: scopesOf(stored, account).join(', '),
        ...(stored.expiresAt !== undefined && { Expires: timeText(stored.expiresAt) }),
      });
      const text = `${facts}\n\nKeep it now: it is not stored and cannot be shown again.`;
      return { value: { ...shownKey(stored, account), key }, text };
    },
  );
}
