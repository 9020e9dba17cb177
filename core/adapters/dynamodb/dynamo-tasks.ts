// Tasks in DynamoDB: loads, and the commit that every change of a task goes through; task-creation.ts creates them.
// transaction.ts plans the writes of a commit, commit-writer.ts sends them, task-item.ts defines the items.
import { keyOf } from '../../contract/items.ts';
import { writeCommit } from './commit-writer.ts';
import { sortOut } from './dynamo-damaged.ts';
import { readMark } from './dynamo-erasure.ts';
import { batchGet } from './dynamo-reads.ts';
import { loadItem } from './listed-items.ts';
import { readTask, soundTask } from './task-item.ts';
import { planCommit } from './transaction.ts';
import type { TaskStore } from '../../ports/ports.ts';
import type { WriteOutcome } from './commit-writer.ts';
import type { DynamoTable } from './dynamo-table.ts';

/** Gives back to accounts that refused a commit what processes had set aside of them. */
type ReturnToAccounts = (table: DynamoTable, accountIds: readonly string[]) => Promise<void>;

/** @param returnToAccounts for callers whose commits reserve money. */
export function tasksOf(table: DynamoTable, returnToAccounts?: ReturnToAccounts): TaskStore {
  const mayHaveRoom = async ({ failures, refusal }: WriteOutcome): Promise<boolean> => {
    if (!returnToAccounts || refusal === undefined || refusal === 'account-full') return false;
    const refusing = failures.flatMap(({ subject }) => (subject.kind === 'account' ? [subject.delta.accountId] : []));
    await returnToAccounts(table, refusing);
    return true;
  };
  return {
    loadTask: async (taskId) => {
      const item = await loadItem(table, keyOf.task(taskId));
      await sortOut(table, [item]);
      return soundTask(readTask(item));
    },

    loadTasks: async (taskIds) => {
      const items = await batchGet(table, taskIds.map(keyOf.task), { consistent: true });
      const tasks = new Map((await sortOut(table, items)).tasks.map((task) => [task.id, task]));
      return [...new Set(taskIds)].flatMap((id) => tasks.get(id) ?? []);
    },

    loadInput: async (taskId) =>
      (await loadItem(table, keyOf.input(taskId)))?.['input']?.S ??
      (await loadItem(table, keyOf.task(taskId)))?.['in']?.S,

    loadErased: async (taskId) => readMark(await loadItem(table, keyOf.task(taskId))),

    commit: async (commit) => {
      if (commit.changes.length === 0 && !commit.gate) return { kind: 'committed' };
      const patience = commit.isHasty || commit.poolClaim ? 'none' : commit.claim ? 'short' : 'usual';
      const write = () => writeCommit(table, (context) => planCommit(commit, context), { patience });
      const first = await write();
      const { failures, refusal } = (await mayHaveRoom(first)) ? await write() : first;
      const taskIds = failures.flatMap(({ subject }) => (subject.kind === 'task' ? [subject.taskId] : []));
      const isGateLost = failures.some(({ subject }) => subject.kind === 'gate');
      if (taskIds.length > 0 || isGateLost) return { kind: 'lost', taskIds, isGateLost };
      return { kind: refusal ?? 'committed' };
    },
  };
}
