// `relay accounts`: who may use the relay, and how much of it. key-commands.ts manages their keys.
import { addCommand, runAs, withReason } from '../add-command.ts';
import { accountBounds, changeFault, namedChanges } from '../../core/domain/account-bounds.ts';
import { dollarText } from '../../core/domain/money/shown-money.ts';
import { keepChoices } from '../../core/domain/media/media-settings.ts';
import { oneOf, readDollars, readDollarsOrNone, readWholeNumber, readWholeNumberOrNone } from '../read-options.ts';
import { factsText, tableText, timeText } from '../terminal.ts';
import { CommandFailure, exitCodes } from '../command-failure.ts';
import { onRecord } from '../audited-command.ts';
import { addSuspensionCommands } from './suspension-commands.ts';
import { shownAccount } from './shown-account.ts';
import { recentUse } from './spend-command.ts';
import { accountOf } from './account-of.ts';
import { unfinishedTask } from './unfinished-task.ts';
import { changeOnce, readIdempotencyKey } from './change-once.ts';
import { unleasedAccount } from '../../core/flows/unleased-account.ts';
import { typed } from '../typed-command.ts';
import type { Command } from 'commander';
import type { ChangeFault } from '../../core/domain/account-bounds.ts';
import type { AccountChange } from '../../core/flows/change-account.ts';
import type { KeepChoice } from '../../core/domain/media/media-settings.ts';
import type { Account } from '../../core/domain/account.ts';
import type { CommandPorts } from '../command-ports.ts';
import type { Report } from '../terminal.ts';

interface AccountOptions {
  readonly limit?: number | 'none';
  readonly requests?: number | 'none';
  readonly syncWaits?: number | 'none';
  readonly endpoints?: number | 'none';
  readonly weight?: number;
  readonly balance?: number | 'none';
  readonly budgetDay?: number | 'none';
  readonly budgetMonth?: number | 'none';
  readonly add?: number;
  readonly keep?: KeepChoice | 'none';
  readonly operator?: boolean;
  readonly name?: string;
  readonly idempotencyKey?: string;
}

/** What an operator has set for the account; the relay's defaults apply to the rest. */
function ownShares({ requestsPerSecond, syncWaitsMax, endpointsMax, keep }: Account): Readonly<Record<string, string>> {
  return {
    ...(requestsPerSecond !== undefined && { Requests: `${requestsPerSecond} a second` }),
    ...(syncWaitsMax !== undefined && { 'Sync waits': `${syncWaitsMax} at once` }),
    ...(endpointsMax !== undefined && { Endpoints: `${endpointsMax} at most` }),
    ...(keep !== undefined && { 'Keeps outputs': keep }),
  };
}

/** A balance and budgets in dollars; an account without any of them is not metered. */
function ownMoney({ balanceMicros, dayBudgetMicros, monthBudgetMicros }: Account): Readonly<Record<string, string>> {
  return {
    Balance: balanceMicros === undefined ? 'not kept' : dollarText(balanceMicros),
    ...(dayBudgetMicros !== undefined && { 'Budget a day': dollarText(dayBudgetMicros) }),
    ...(monthBudgetMicros !== undefined && { 'Budget a month': dollarText(monthBudgetMicros) }),
  };
}

function accountReport(account: Account, lead?: string): Report {
  return {
    value: shownAccount(account),
    text: [
      ...(lead === undefined ? [] : [lead, '']),
      factsText({
        Account: account.id,
        Name: account.name,
        Limit: account.concurrentTasksMax === undefined ? 'none' : `${account.concurrentTasksMax} unfinished tasks`,
        ...ownShares(account),
        ...ownMoney(account),
        Weight: String(account.weight),
        Operator: account.isOperator ? 'yes' : 'no',
        ...(account.suspendedAt !== undefined && { Suspended: timeText(account.suspendedAt) }),
        Unfinished: isCounted(account) ? `${account.activeTasks} tasks` : 'not counted without a limit',
        Made: timeText(account.createdAt),
      }),
    ].join('\n'),
  };
}

/** The account, and what it used in the newest days, by day, model and code. */
async function withUse(ports: CommandPorts, account: Account): Promise<Report> {
  const shown = accountReport(account);
  const use = await recentUse(ports, account.id);
  return {
    value: { ...shownAccount(account), ...(use.value as object) },
    text: `${shown.text}\n\n${use.text}`,
  };
}

/**
 * Creates an account with a new id; its name must be free.
 * @throws CommandFailure when another account has the name.
 */
export async function createAccount(ports: CommandPorts, name: string, options: AccountOptions): Promise<Account> {
  await refuseTakenName(ports, name, undefined);
  const account: Account = {
    id: `acc_${ports.randomSource.id()}`,
    name,
    weight: options.weight ?? ports.settings.shares.weight,
    isOperator: options.operator ?? false,
    activeTasks: 0,
    createdAt: ports.clock.now(),
    ...ownLimits(options),
  };
  await onRecord(
    ports,
    { action: 'account.create', target: account.id },
    () => ports.store.putAccount(account),
    () => ({ accountId: account.id }),
  );
  // Two commands that create it at once each see the other's account: the one with the lower id stays.
  if ((await namesakes(ports, name)).some(({ id }) => id < account.id)) {
    await ports.store.deleteAccount(account.id);
    throw nameTaken(name);
  }
  return account;
}

/** What the options give a new account of its own; `none` and what they do not name is left to the relay. */
function ownLimits({ keep, ...options }: AccountOptions): Partial<Account> {
  const numbers = {
    concurrentTasksMax: options.limit,
    requestsPerSecond: options.requests,
    syncWaitsMax: options.syncWaits,
    endpointsMax: options.endpoints,
    balanceMicros: options.balance,
    dayBudgetMicros: options.budgetDay,
    monthBudgetMicros: options.budgetMonth,
  };
  const given = Object.entries(numbers).filter(([, value]) => typeof value === 'number');
  return { ...Object.fromEntries(given), ...(keep !== undefined && keep !== 'none' && { keep }) };
}

async function namesakes({ store }: Pick<CommandPorts, 'store'>, name: string): Promise<readonly Account[]> {
  return (await store.listAccounts()).filter((account) => account.name === name);
}

/** @throws CommandFailure when an account other than `ownId` has this name, or has it as its id. */
async function refuseTakenName(ports: CommandPorts, name: string, ownId: string | undefined): Promise<void> {
  if (name.trim() === '') {
    throw new CommandFailure('An account needs a name.', 'Name it after its user.', exitCodes.usage);
  }
  if ((await namesakes(ports, name)).some(({ id }) => id !== ownId)) throw nameTaken(name);
}

function nameTaken(name: string): CommandFailure {
  return new CommandFailure(
    `An account ${name} already exists.`,
    `Choose another name, or change the existing account with \`${typed('accounts set NAME')}\`.`,
  );
}

/** Of tasks whose submit does not say. */
const KEEP_TEXT = "whether outputs are kept: no, yes, before-webhook, or none for the relay's choice";

function withTraits(command: Command): Command {
  const { concurrentTasksMax, requestsPerSecond, syncWaitsMax, endpointsMax, weight } = accountBounds;
  return command
    .option(
      '--limit <tasks>',
      'tasks that may be unfinished at once, or none',
      readWholeNumberOrNone(concurrentTasksMax),
    )
    .option(
      '--requests <number>',
      "requests a second, or none for the relay's",
      readWholeNumberOrNone(requestsPerSecond),
    )
    .option(
      '--sync-waits <number>',
      "calls that may wait at once, or none for the relay's",
      readWholeNumberOrNone(syncWaitsMax),
    )
    .option('--endpoints <number>', "webhook endpoints, or none for the relay's", readWholeNumberOrNone(endpointsMax))
    .option(
      '--weight <number>',
      'turns at the gate relative to other accounts',
      readWholeNumber(weight.min, weight.max),
    )
    .option('--balance <dollars>', 'dollars left to spend, or none to keep no balance', readDollarsOrNone)
    .option('--budget-day <dollars>', 'what may be spent in a day (UTC), or none', readDollarsOrNone)
    .option('--budget-month <dollars>', 'what may be spent in a month (UTC), or none', readDollarsOrNone)
    .option('--keep <choice>', KEEP_TEXT, oneOf([...keepChoices, 'none']))
    .option('--operator', 'may see and steer the gate and every task');
}

/** `none` removes a limit. */
function orNull<Value>(value: Value | 'none' | undefined): Value | null | undefined {
  return value === 'none' ? null : value;
}

export function addAccountCommands(program: Command): void {
  const accounts = program.command('accounts').description('who may use the relay, and how much of it');
  addCreate(accounts);
  addSet(accounts);
  addDelete(accounts);
  addSuspensionCommands(accounts);

  runAs(
    addCommand(accounts, 'list', 'Lists all accounts.', ['accounts list', 'accounts list --stack get3w-relay --json']),
    async ({ ports }) => {
      const { store } = ports;
      const all = await Promise.all((await store.listAccounts()).map((account) => unleasedAccount(store, account)));
      const rows = all.map((account) => [
        account.id,
        account.name,
        isCounted(account) ? String(account.activeTasks) : '-',
        account.concurrentTasksMax === undefined ? '-' : String(account.concurrentTasksMax),
        account.balanceMicros === undefined ? '-' : dollarText(account.balanceMicros),
        String(account.weight),
        [account.isOperator ? 'operator' : '', account.suspendedAt === undefined ? '' : 'suspended'].join(' ').trim(),
      ]);
      const titles = ['Account', 'Name', 'Unfinished', 'Limit', 'Balance', 'Weight', ''];
      const empty = `There are no accounts yet: \`${typed('accounts create NAME')}\` creates one.`;
      return { value: all.map(shownAccount), text: tableText(titles, rows, empty) };
    },
  );

  runAs(
    addCommand(accounts, 'show <account>', 'Shows one account, named by its id or its name.', [
      'accounts show studio',
      'accounts show acc_01983f4e-… --json',
    ]),
    async ({ ports }, [idOrName = '']) =>
      withUse(ports, await unleasedAccount(ports.store, await accountOf(ports, idOrName))),
  );
}

function addCreate(accounts: Command): void {
  return runAs<AccountOptions>(
    withTraits(
      addCommand(accounts, 'create <name>', 'Creates an account. It needs a key before it can submit.', [
        'accounts create studio --limit 50',
        'accounts create trial --balance 100 --budget-day 10',
      ]),
    ),
    async ({ ports }, [name = ''], options) => {
      const account = await createAccount(ports, name, options);
      return accountReport(account, `Created. Make its first key: ${typed(`keys create ${account.id}`)}`);
    },
  );
}

function addSet(accounts: Command): void {
  const command = withReason(
    withTraits(
      addCommand(accounts, 'set <account>', 'Changes an account; what you do not name stays as it is.', [
        'accounts set studio --limit 100 --weight 2',
        'accounts set trial --add 500',
        'accounts set trial --balance none --no-operator',
      ]),
    ),
  )
    .option('--add <dollars>', 'adds to the balance', readDollars)
    .option('--name <name>', 'a new name')
    .option('--idempotency-key <key>', 'the same change with the same key is made once in 24 hours', readIdempotencyKey)
    .option('--no-operator', 'removes the right to operate');
  const changeIn = (options: AccountOptions): AccountChange =>
    changeOf(options, command.getOptionValueSource('operator') === 'cli');
  runAs<AccountOptions>(
    command,
    async ({ ports }, [idOrName = ''], options) => {
      const change = changeIn(options);
      const fault = changeFault(change);
      if (fault !== undefined)
        throw new CommandFailure(faultTexts[fault].what, faultTexts[fault].next, exitCodes.usage);
      const { id } = await accountOf(ports, idOrName);
      if (options.name !== undefined) await refuseTakenName(ports, options.name, id);
      const { account, isRepeat } = await changeOnce(ports, id, change, options.idempotencyKey);
      if (!isRepeat) return accountReport(account, 'Changed.');
      const lead = 'An earlier command with this key made the change; nothing was changed again.';
      return { ...accountReport(account, lead), act: { outcome: 'unchanged' } };
    },
    { action: 'account.change', changesOf: (options) => namedChanges(changeIn(options)) },
  );
}

const faultTexts = {
  empty: { what: 'The command names no change.', next: 'Name one, such as --limit 100.' },
  'balance-twice': { what: '--balance sets, --add adds.', next: 'Use only one of them.' },
} as const satisfies Record<ChangeFault, object>;

/** @param isOperatorTyped Commander gives an option with a --no- form a default; only what was typed is a change. */
function changeOf(options: AccountOptions, isOperatorTyped: boolean): AccountChange {
  return {
    ...(isOperatorTyped && { isOperator: options.operator }),
    name: options.name,
    weight: options.weight,
    addedMicros: options.add,
    concurrentTasksMax: orNull(options.limit),
    requestsPerSecond: orNull(options.requests),
    syncWaitsMax: orNull(options.syncWaits),
    endpointsMax: orNull(options.endpoints),
    balanceMicros: orNull(options.balance),
    dayBudgetMicros: orNull(options.budgetDay),
    monthBudgetMicros: orNull(options.budgetMonth),
    keep: orNull(options.keep),
  };
}

interface DeleteOptions {
  readonly yes?: true;
}

function addDelete(accounts: Command): void {
  return runAs<DeleteOptions>(
    addCommand(accounts, 'delete <account>', 'Removes an account for good, with its keys and webhook endpoints.', [
      'accounts delete trial --yes',
    ]).option('--yes', 'removes it; without this, only shows what would be removed'),
    async ({ ports }, [idOrName = ''], { yes }) => {
      const account = await accountOf(ports, idOrName);
      const { id, name, activeTasks } = account;
      if (activeTasks > 0) throw stillBusy(name, `${activeTasks} unfinished tasks`);
      const open = await unfinishedTask(ports.store, id);
      if (open) throw stillBusy(name, `an unfinished task, ${open.id}`);
      if (!yes) {
        const keys = (await ports.store.listKeys(id)).filter(({ revokedAt }) => revokedAt === undefined).length;
        const endpoints = (await ports.store.listEndpoints(id)).length;
        const what = `${name} (${id}) has ${keys} valid keys and ${endpoints} webhook endpoints, which are removed with it.`;
        throw new CommandFailure(what, 'Run it again with --yes to remove the account for good.', exitCodes.usage);
      }
      const removal = await ports.store.deleteAccount(id);
      if (removal === 'unfinished-tasks') throw stillBusy(name, 'unfinished tasks');
      return { value: { ...shownAccount(account), deleted: true }, text: `Removed: ${name} (${id}).` };
    },
    'account.delete',
  );
}

function isCounted({ concurrentTasksMax }: Account): boolean {
  return concurrentTasksMax !== undefined;
}

function stillBusy(name: string, what: string): CommandFailure {
  return new CommandFailure(
    `${name} has ${what}.`,
    'Suspend it with --cancel-tasks, or suspend it and wait until its tasks have ended.',
  );
}
