// `relay accounts`: who may use the relay, and how much of it. Keys are key-commands.ts's.
import { addCommand, runAs } from '../add-command.ts';
import { readWholeNumber, readWholeNumberOrNone } from '../read-options.ts';
import { factsText, tableText, timeText } from '../terminal.ts';
import { CommandFailure, exitCodes } from '../command-failure.ts';
import { accountOf } from './account-of.ts';
import type { Command } from 'commander';
import type { Account } from '../../core/domain/account.ts';
import type { CommandPorts } from '../command-ports.ts';
import type { Report } from '../terminal.ts';

export interface AccountOptions {
  readonly limit?: number | 'none';
  readonly weight?: number;
  readonly balance?: number | 'none';
  readonly credits?: number;
  readonly operator?: boolean;
  readonly name?: string;
}

export const shownAccount = (account: Account): object => ({
  id: account.id,
  name: account.name,
  concurrent_tasks_max: account.concurrentTasksMax ?? null,
  balance: account.balance ?? null,
  weight: account.weight,
  is_operator: account.isOperator,
  active_tasks: account.activeTasks,
  created_at: new Date(account.createdAt).toISOString(),
});

const accountReport = (account: Account, lead?: string): Report => ({
  value: shownAccount(account),
  text: [
    ...(lead === undefined ? [] : [lead, '']),
    factsText({
      Account: account.id,
      Name: account.name,
      Limit: account.concurrentTasksMax === undefined ? 'none' : `${account.concurrentTasksMax} unfinished tasks`,
      Balance: account.balance === undefined ? 'not kept' : `${account.balance} tasks`,
      Weight: String(account.weight),
      Operator: account.isOperator ? 'yes' : 'no',
      Unfinished: `${account.activeTasks} tasks`,
      Made: timeText(account.createdAt),
    }),
  ].join('\n'),
});

/** Makes an account; ids are drawn, so it is always a new one. */
export const createAccount = async (ports: CommandPorts, name: string, options: AccountOptions): Promise<Account> => {
  const account: Account = {
    id: `acc_${ports.randomSource.id()}`,
    name,
    weight: options.weight ?? 1,
    isOperator: options.operator ?? false,
    activeTasks: 0,
    createdAt: ports.clock.now(),
    ...(typeof options.limit === 'number' && { concurrentTasksMax: options.limit }),
    ...(typeof options.balance === 'number' && { balance: options.balance }),
  };
  await ports.store.putAccount(account);
  return account;
};

const withTraits = (command: Command): Command =>
  command
    .option('--limit <tasks>', 'tasks that may be unfinished at once, or none', readWholeNumberOrNone(0))
    .option('--weight <number>', 'turns at the gate relative to other accounts', readWholeNumber(1, 1_000))
    .option('--balance <tasks>', 'task credits left, or none to keep no balance', readWholeNumberOrNone(0))
    .option('--operator', 'may see and steer the gate and every task');

export const addAccountCommands = (program: Command): void => {
  const accounts = program.command('accounts').description('who may use the relay, and how much of it');
  addCreate(accounts);
  addSet(accounts);

  runAs(
    addCommand(accounts, 'list', 'Lists all accounts.', ['accounts list', 'accounts list --stack get3w-relay --json']),
    async ({ ports }) => {
      const all = await ports.store.listAccounts();
      const rows = all.map((account) => [
        account.id,
        account.name,
        String(account.activeTasks),
        account.concurrentTasksMax === undefined ? '-' : String(account.concurrentTasksMax),
        account.balance === undefined ? '-' : String(account.balance),
        String(account.weight),
        account.isOperator ? 'operator' : '',
      ]);
      const titles = ['Account', 'Name', 'Unfinished', 'Limit', 'Balance', 'Weight', ''];
      const empty = 'There are no accounts yet: `npm run relay -- accounts create NAME` makes one.';
      return { value: all.map(shownAccount), text: tableText(titles, rows, empty) };
    },
  );

  runAs(
    addCommand(accounts, 'show <account>', 'Shows one account, named by its id or its name.', [
      'accounts show studio',
      'accounts show acc_01983f4e-… --json',
    ]),
    async ({ ports }, [idOrName = '']) => accountReport(await accountOf(ports, idOrName)),
  );
};

const addCreate = (accounts: Command): void =>
  runAs<AccountOptions>(
    withTraits(
      addCommand(accounts, 'create <name>', 'Makes an account. It needs a key before it can submit.', [
        'accounts create studio --limit 50',
        'accounts create trial --balance 100 --weight 1',
      ]),
    ),
    async ({ ports }, [name = ''], options) => {
      const account = await createAccount(ports, name, options);
      return accountReport(account, `Made. Its first key: npm run relay -- keys create ${account.id}`);
    },
  );

const addSet = (accounts: Command): void => {
  const command = withTraits(
    addCommand(accounts, 'set <account>', 'Changes an account; what is not named stays as it is.', [
      'accounts set studio --limit 100 --weight 2',
      'accounts set trial --credits 500',
      'accounts set trial --balance none --no-operator',
    ]),
  )
    .option('--credits <tasks>', 'adds to the balance', readWholeNumber(1))
    .option('--name <name>', 'a new name')
    .option('--no-operator', 'takes the right to operate away');
  runAs<AccountOptions>(command, async ({ ports }, [idOrName = ''], options) => {
    const { limit, operator, name, weight, balance, credits } = options;
    // Commander gives an option with a --no- form its default; only what was typed is a change.
    const isOperator = command.getOptionValueSource('operator') === 'cli' ? operator : undefined;
    if ([limit, isOperator, name, weight, balance, credits].every((value) => value === undefined)) {
      throw new CommandFailure('Nothing is to be changed.', 'Name a change, such as --limit 100.', exitCodes.usage);
    }
    if (balance !== undefined && credits !== undefined) {
      throw new CommandFailure('--balance sets, --credits adds.', 'Use one of them at a time.', exitCodes.usage);
    }
    const { id } = await accountOf(ports, idOrName);
    const change = {
      ...{ isOperator, name, weight, credits },
      concurrentTasksMax: limit === 'none' ? null : limit,
      balance: balance === 'none' ? null : balance,
    };
    const account = await ports.store.updateAccount(id, change);
    return accountReport(account ?? (await accountOf(ports, id)), 'Changed.');
  });
};
