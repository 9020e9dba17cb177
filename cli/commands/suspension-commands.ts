// `relay accounts suspend` and `resume`: an account that is refused everywhere, while what it has goes on or is cancelled.
// account-commands.ts has the other commands of accounts; authenticate.ts refuses suspended ones.
import { isFinal, taskStatuses } from '../../core/domain/task/task.ts';
import { limits } from '../../core/domain/limits.ts';
import { applyEvent } from '../../core/flows/apply-event.ts';
import { resumeAccount, suspendAccount } from '../../core/flows/change-account.ts';
import { performEffects } from '../../core/flows/perform-effects.ts';
import { addCommand, runAs, withReason } from '../add-command.ts';
import { timeText } from '../terminal.ts';
import { shownAccount } from './shown-account.ts';
import { accountGone, accountOf } from './account-of.ts';
import type { Command } from 'commander';
import type { CommandContext } from '../add-command.ts';
import type { CommandPorts } from '../command-ports.ts';
import type { Report } from '../terminal.ts';

interface SuspendOptions {
  readonly cancelTasks?: true;
}

const unfinished = taskStatuses.filter((status) => !isFinal(status));

/**
 * Cancels every unfinished task that the list shows; one that is submitted meanwhile is not there, because a suspended
 * account submits none.
 * @returns how many it cancelled.
 */
async function cancelTasks(ports: CommandPorts, accountId: string): Promise<number> {
  let [cancelled, cursor]: [number, string | undefined] = [0, undefined];
  do {
    const query = { accountId, limit: limits.pageSizeMax, status: unfinished, cursor };
    const page = await ports.store.listTasks(query);
    for (const task of page.tasks) {
      const applied = await applyEvent(ports, task.id, { type: 'cancel-requested' }, task);
      if (applied.kind !== 'changed') continue;
      await performEffects(ports, applied.effects, applied.after);
      cancelled += 1;
    }
    ({ cursor } = page);
  } while (cursor !== undefined);
  return cancelled;
}

function changing({ store, clock }: CommandPorts) {
  return { accounts: store, leases: store, clock };
}

async function suspend({ ports }: CommandContext, idOrName: string, options: SuspendOptions): Promise<Report> {
  const before = await accountOf(ports, idOrName);
  const account = await suspendAccount(changing(ports), before);
  if (!account) throw accountGone();
  const { id } = account;
  const isUnchanged = before.suspendedAt !== undefined;
  const cancelled = options.cancelTasks ? await cancelTasks(ports, id) : 0;
  const rest = options.cancelTasks
    ? `${cancelled} unfinished tasks were cancelled.`
    : 'Its unfinished tasks go on, and their webhooks are delivered.';
  return {
    value: { ...shownAccount(account), cancelled_tasks: cancelled },
    text: isUnchanged
      ? `Suspended already, since ${timeText(account.suspendedAt ?? 0)}: ${account.name} (${id}). ${rest}`
      : `Suspended: the keys of ${account.name} (${id}) are refused from now on. ${rest}`,
    ...(isUnchanged && cancelled === 0 && { act: { outcome: 'unchanged' } }),
  };
}

async function resume({ ports }: CommandContext, idOrName: string): Promise<Report> {
  const { id, suspendedAt } = await accountOf(ports, idOrName);
  const account = await resumeAccount(changing(ports), id);
  if (!account) throw accountGone();
  const isUnchanged = suspendedAt === undefined;
  return {
    value: shownAccount(account),
    text: isUnchanged
      ? `Not suspended: the keys of ${account.name} (${id}) were accepted already.`
      : `Resumed: the keys of ${account.name} (${id}) are accepted again.`,
    ...(isUnchanged && { act: { outcome: 'unchanged' } }),
  };
}

export function addSuspensionCommands(accounts: Command): void {
  runAs<SuspendOptions>(
    withReason(
      addCommand(accounts, 'suspend <account>', 'Refuses all keys of an account until it is resumed.', [
        "accounts suspend trial --reason 'unpaid'",
        'accounts suspend trial --cancel-tasks',
      ]),
    ).option('--cancel-tasks', 'also cancels its unfinished tasks; without this, they go on'),
    (context, [idOrName = ''], options) => suspend(context, idOrName, options),
    'account.suspend',
  );
  runAs(
    withReason(
      addCommand(accounts, 'resume <account>', 'Accepts the keys of a suspended account again.', [
        'accounts resume trial',
      ]),
    ),
    (context, [idOrName = '']) => resume(context, idOrName),
    'account.resume',
  );
}
