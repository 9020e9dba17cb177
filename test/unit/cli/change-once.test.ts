// A change of an account at the command line whose answer is lost: the person learns under which key the same command is
// made once, and the money is there once.
import { beforeEach, expect, it } from 'vitest';
import { changeOnce } from '../../../cli/commands/change-once.ts';
import { CommandFailure } from '../../../cli/command-failure.ts';
import { RelayError } from '../../../core/domain/relay-error.ts';
import { MemoryRelay } from '../../support/memory-relay.ts';
import type { CommandPorts } from '../../../cli/command-ports.ts';

const ACCOUNT_ID = 'acc_trial';
let relay: MemoryRelay;

beforeEach(async () => {
  relay = new MemoryRelay();
  await relay.store.putAccount({
    ...{ id: ACCOUNT_ID, name: 'trial', weight: 1, isOperator: false },
    ...{ activeTasks: 0, createdAt: relay.clock.now() },
  });
});

/** The relay's table; what `lose` gives is thrown after the change was made. */
function portsThat(lose?: Error): Pick<CommandPorts, 'store' | 'clock' | 'randomSource'> {
  const { store, clock, randomSource } = relay;
  const answers: Pick<CommandPorts['store'], 'updateAccountOnce' | 'loadAccount' | 'leased'> = {
    loadAccount: (id) => store.loadAccount(id),
    leased: () => Promise.resolve({}),
    updateAccountOnce: async (...change) => {
      const made = await store.updateAccountOnce(...change);
      if (lose) throw lose;
      return made;
    },
  };
  return { store: answers as CommandPorts['store'], clock, randomSource };
}

async function failureOf(work: Promise<unknown>): Promise<Error> {
  return work.then(
    () => new Error('it did not fail'),
    (error: unknown) => error as Error,
  );
}

it.each([
  new RelayError('store-unavailable', 'DynamoDB does not answer'),
  Object.assign(new Error('socket hang up'), { name: 'TimeoutError' }),
])('names its key where the answer is lost, under which the money is added once: %s', async (lost) => {
  const change = { addedMicros: 5 };
  const failure = await failureOf(changeOnce(portsThat(lost), ACCOUNT_ID, change, undefined));
  expect(failure).toBeInstanceOf(CommandFailure);
  // The audit log calls a CommandFailure refused; this may have happened.
  expect(failure.name).toBe('OutcomeUnknown');
  const [, key = ''] = /--idempotency-key (\S+):/.exec((failure as CommandFailure).advice) ?? [];
  expect(await changeOnce(portsThat(), ACCOUNT_ID, change, key)).toMatchObject({
    isRepeat: true,
    account: { balanceMicros: 5 },
  });
  expect(await changeOnce(portsThat(), ACCOUNT_ID, change, undefined)).toMatchObject({
    isRepeat: false,
    account: { balanceMicros: 10 },
  });
});

it('that lost a race was not made: its failure is told as it is', async () => {
  const contended = new RelayError('store-contended', 'The account submits faster than its money can be set');
  expect(await failureOf(changeOnce(portsThat(contended), ACCOUNT_ID, { addedMicros: 5 }, undefined))).toBe(contended);
});

it('of an account that is gone, or with a key of another change, says so', async () => {
  await changeOnce(portsThat(), ACCOUNT_ID, { addedMicros: 5 }, 'k');
  const other = await failureOf(changeOnce(portsThat(), ACCOUNT_ID, { addedMicros: 6 }, 'k'));
  expect(other.message).toBe('--idempotency-key k was used for another change of this account.');
  expect((await failureOf(changeOnce(portsThat(), 'acc_nobody', { weight: 2 }, 'k'))).message).toMatch(/gone/);
});
