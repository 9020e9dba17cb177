// `relay keys`: the secrets that identify accounts. A key is shown once, when it is made; only its digest is stored.
import { addCommand, runAs } from '../add-command.ts';
import { factsText, tableText, timeText } from '../terminal.ts';
import { CommandFailure, exitCodes } from '../command-failure.ts';
import { KEY_PREFIX } from '../../core/domain/api-key.ts';
import { sha256Hex } from '../../core/domain/sha256-hex.ts';
import { accountOf } from './account-of.ts';
import type { Command } from 'commander';
import type { ApiKey } from '../../core/domain/api-key.ts';
import type { CommandPorts } from '../command-ports.ts';

/** Length of the part of the digest that names a key among those of an account. */
const ID_CHARS = 12;
const HINT_CHARS = 8;

function shownKey({ digest, accountId, hint, createdAt, revokedAt }: ApiKey): object {
  return {
    id: digest.slice(0, ID_CHARS),
    account_id: accountId,
    hint,
    created_at: new Date(createdAt).toISOString(),
    revoked_at: revokedAt === undefined ? null : new Date(revokedAt).toISOString(),
  };
}

/** Makes a key; only the returned value holds its text. */
export async function createKey(
  { store, randomSource, clock }: CommandPorts,
  accountId: string,
): Promise<{ readonly key: string; readonly stored: ApiKey }> {
  const key = `${KEY_PREFIX}${randomSource.secret()}`;
  const stored = { digest: sha256Hex(key), accountId, hint: key.slice(0, HINT_CHARS), createdAt: clock.now() };
  await store.putKey(stored);
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
    `\`npm run relay -- keys list ${accountId}\` shows the ids.`,
    exitCodes.notFound,
  );
}

/** Shortens a key that the operator typed whole, so that no log of the terminal holds it again. */
function shownId(idOrKey: string): string {
  return idOrKey.startsWith(KEY_PREFIX) ? `${KEY_PREFIX}…` : idOrKey;
}

export function addKeyCommands(program: Command): void {
  const keys = program.command('keys').description('the keys of accounts');

  runAs(
    addCommand(keys, 'create <account>', 'Makes a key for an account and shows it once.', [
      'keys create studio',
      'keys create studio --json | jq -r .key',
    ]),
    async ({ ports }, [idOrName = '']) => {
      const { id } = await accountOf(ports, idOrName);
      const { key, stored } = await createKey(ports, id);
      const facts = factsText({ Key: key, Id: stored.digest.slice(0, ID_CHARS), Account: id });
      const text = `${facts}\n\nKeep it now: it is not stored and cannot be shown again.`;
      return { value: { ...shownKey(stored), key }, text };
    },
  );

  runAs(
    addCommand(keys, 'list <account>', 'Lists the keys of an account, including revoked ones.', ['keys list studio']),
    async ({ ports }, [idOrName = '']) => {
      const { id } = await accountOf(ports, idOrName);
      const all = await ports.store.listKeys(id);
      const rows = all.map((key) => [
        key.digest.slice(0, ID_CHARS),
        `${key.hint}…`,
        timeText(key.createdAt),
        key.revokedAt === undefined ? 'valid' : `revoked ${timeText(key.revokedAt)}`,
      ]);
      const empty = `The account has no keys yet: \`npm run relay -- keys create ${id}\` makes one.`;
      return { value: all.map(shownKey), text: tableText(['Id', 'Begins', 'Made', 'State'], rows, empty) };
    },
  );

  runAs(
    addCommand(
      keys,
      'revoke <account> <key>',
      'Revokes a key for good, named by its id. Tasks submitted with it go on.',
      ['keys revoke studio 3f9a0c1be2d4'],
    ),
    async ({ ports }, [idOrName = '', idOrKey = '']) => {
      const { id } = await accountOf(ports, idOrName);
      const { digest } = await keyOf(ports, id, idOrKey);
      const revoked = await ports.store.revokeKey(digest, ports.clock.now());
      if (!revoked) throw new CommandFailure('The key is gone.', 'List the keys again.', exitCodes.notFound);
      return { value: shownKey(revoked), text: `Revoked: ${digest.slice(0, ID_CHARS)} is now refused.` };
    },
  );
}
