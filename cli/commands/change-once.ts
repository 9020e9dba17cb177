// `relay accounts set` makes its change once: under a key of its own, or one that the person names because an earlier
// command ended without an answer. account-commands.ts reads the options and shows the account.
import { limits } from '../../core/domain/limits.ts';
import { RelayError } from '../../core/domain/relay-error.ts';
import { changeAccountOnce } from '../../core/flows/change-account.ts';
import { InvalidArgumentError } from 'commander';
import { CommandFailure, exitCodes } from '../command-failure.ts';
import { explained } from '../deployed-target.ts';
import { accountGone } from './account-of.ts';
import type { Account } from '../../core/domain/account.ts';
import type { AccountChange } from '../../core/flows/change-account.ts';
import type { CommandPorts } from '../command-ports.ts';

interface ChangedNow {
  readonly account: Account;
  /** An earlier command with the same key made the change. */
  readonly isRepeat: boolean;
}

/** The change may have been made. Has a name of its own, so that the audit log does not call it refused. */
class OutcomeUnknown extends CommandFailure {
  constructor(cause: Error, key: string) {
    super(
      `The relay's table did not answer (${cause.name}): whether the account was changed is not known.`,
      `Run the same command again with --idempotency-key ${key}: what was done is not done twice.`,
      exitCodes.failed,
      { cause },
    );
    this.name = 'OutcomeUnknown';
  }
}

/** @throws CommandFailure where the key was used for another change, or the result of this one is not known. */
export async function changeOnce(
  { store, clock, randomSource }: Pick<CommandPorts, 'store' | 'clock' | 'randomSource'>,
  accountId: string,
  change: AccountChange,
  named: string | undefined,
): Promise<ChangedNow> {
  const key = named ?? randomSource.id();
  const changed = await changeAccountOnce({ accounts: store, leases: store, clock }, accountId, change, key).catch(
    (error: unknown) => {
      throw error instanceof Error && mayHaveHappened(error) ? new OutcomeUnknown(error, key) : error;
    },
  );
  if (changed.kind === 'unknown') throw accountGone();
  if (changed.kind === 'other-change') {
    const advice = 'Repeat that change as it was, or leave the option out for a change of its own.';
    throw new CommandFailure(`--idempotency-key ${key} was used for another change of this account.`, advice);
  }
  return { account: changed.account, isRepeat: changed.kind === 'repeated' };
}

function mayHaveHappened(error: Error): boolean {
  if (error instanceof RelayError) return error.code !== 'store-contended';
  return error.name === 'TimeoutError' || explained(error) === error;
}

export function readIdempotencyKey(text: string): string {
  const bytes = Buffer.byteLength(text);
  if (text.trim() !== '' && bytes <= limits.idempotencyKeyBytesMax) return text;
  throw new InvalidArgumentError(`It must have 1 to ${limits.idempotencyKeyBytesMax} bytes.`);
}
