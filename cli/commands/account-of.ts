// Finds the account that a person means: by its id, or by its name if only one account has it.
import { CommandFailure, exitCodes } from '../command-failure.ts';
import { typed } from '../typed-command.ts';
import type { Account } from '../../core/domain/account.ts';
import type { CommandPorts } from '../command-ports.ts';

/** @throws CommandFailure when there is none, or more than one of this name. */
export async function accountOf({ store }: Pick<CommandPorts, 'store'>, idOrName: string): Promise<Account> {
  const byId = await store.loadAccount(idOrName);
  if (byId) return byId;
  const named = (await store.listAccounts()).filter(({ name }) => name === idOrName);
  const [only] = named;
  if (only && named.length === 1) return only;
  if (named.length > 1) {
    const ids = named.map(({ id }) => id).join(', ');
    throw new CommandFailure(`${named.length} accounts are called ${idOrName}.`, `Name one by its id: ${ids}.`);
  }
  throw new CommandFailure(
    `There is no account ${idOrName}.`,
    `\`${typed('accounts list')}\` shows all accounts, \`${typed('accounts create NAME')}\` creates one.`,
    exitCodes.notFound,
  );
}

/** It was there when it was looked for. */
export function accountGone(): CommandFailure {
  return new CommandFailure('The account is gone.', 'List the accounts.', exitCodes.notFound);
}
