// `relay tasks erase`: removes prompt, outputs, events and deliveries of ended tasks for good, by id or of a whole account.
import { eraseTask, removeContents } from '../../core/flows/erase-task.ts';
import { CommandFailure, exitCodes } from '../command-failure.ts';
import { addCommand, runAs, withReason } from '../add-command.ts';
import { accountOf } from './account-of.ts';
import { typed } from '../typed-command.ts';
import type { Command } from 'commander';
import type { CommandContext } from '../add-command.ts';
import type { CommandPorts } from '../command-ports.ts';
import type { Report } from '../terminal.ts';

interface EraseOptions {
  readonly account?: string;
  readonly yes?: true;
}

interface Erased {
  readonly erased: readonly string[];
  /** With the reason. */
  readonly left: Readonly<Record<string, string>>;
}

const PAGE_SIZE = 100;
const reasons = {
  unfinished: 'it has not ended, or Get3W still works on an attempt: cancel it, and wait',
  'under-way': 'its end is being reported and counted: repeat it in ten seconds',
  changed: 'it changed in the meantime: repeat',
} as const;

async function eraseOne(ports: CommandPorts, taskId: string): Promise<string | undefined> {
  const earlier = await ports.store.loadErased(taskId);
  if (earlier) {
    if (earlier.contents) await removeContents({ ...ports, erasures: ports.store }, taskId, earlier.contents);
    return undefined;
  }
  if (await ports.store.loadDamaged(taskId))
    return `its row is damaged: \`${typed(`tasks end ${taskId}`)}\` closes it first`;
  const task = await ports.store.loadTask(taskId);
  if (!task) return 'there is no such task';
  const { store } = ports;
  const result = await eraseTask({ ...ports, webhooks: store, erasures: store, spend: store, kept: store }, task);
  return result.kind === 'erased' ? undefined : reasons[result.kind];
}

async function eraseAll(ports: CommandPorts, taskIds: readonly string[]): Promise<Erased> {
  const erased: string[] = [];
  const left: Record<string, string> = {};
  for (const taskId of taskIds) {
    const why = await eraseOne(ports, taskId);
    if (why === undefined) erased.push(taskId);
    else left[taskId] = why;
  }
  return { erased, left };
}

/** Page after page; may be repeated after it broke off. */
async function eraseAccount({ ports, terminal }: CommandContext, idOrName: string): Promise<Erased> {
  const { id: accountId } = await accountOf(ports, idOrName);
  const all: { erased: string[]; left: Record<string, string> } = { erased: [], left: {} };
  let cursor: string | undefined;
  do {
    const page = await ports.store.listTasks({ accountId, limit: PAGE_SIZE, cursor });
    const ids = [...page.tasks, ...(page.damaged ?? [])].map(({ id }) => id);
    const { erased, left } = await eraseAll(ports, ids);
    all.erased.push(...erased);
    Object.assign(all.left, left);
    terminal.note(`${all.erased.length} erased, ${Object.keys(all.left).length} left`);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return all;
}

function report({ erased, left }: Erased): Report {
  const lines = Object.entries(left).map(([id, why]) => `${id}: ${why}`);
  return {
    value: { erased, left },
    text: [`${erased.length} erased.`, ...lines].join('\n'),
    exitCode: lines.length > 0 ? exitCodes.failed : undefined,
  };
}

export function addEraseCommand(tasks: Command): void {
  runAs<EraseOptions>(
    withReason(
      addCommand(tasks, 'erase [tasks...]', 'Removes prompt, outputs, events and deliveries of ended tasks for good.', [
        'tasks erase 01983f4e-…',
        'tasks erase --account studio --yes',
      ]),
    )
      .option('--account <account>', 'every ended task of this account; id or name')
      .option('--yes', 'needed with --account: nothing brings them back'),
    async (context, taskIds, { account, yes }) => {
      if ((account === undefined) === (taskIds.length === 0)) {
        throw new CommandFailure('Nothing was erased.', 'Name tasks, or an account with --account.', exitCodes.usage);
      }
      if (account === undefined) return report(await eraseAll(context.ports, taskIds));
      if (!yes) throw new CommandFailure('Nothing was erased.', 'Repeat it with --yes: nothing brings them back.');
      return report(await eraseAccount(context, account));
    },
    'task.erase',
  );
}
