// The calls that show existing tasks: get and list. To a client, another account's task does not exist.
// submit-task.ts accepts tasks, change-task.ts cancels them and puts them back.
import { RelayError } from '../../core/domain/relay-error.ts';
import { documentedFailure, invalidParameter, ownFailure } from '../../core/http/http-failure.ts';
import { publicDamagedTask, publicWait } from '../../core/http/public-task.ts';
import { readFlag } from '../../core/http/read-query.ts';
import { shownTo } from './asked-account.ts';
import { fittingRows } from './fitting-rows.ts';
import { loadKnownTask, refuseErased } from './known-task.ts';
import { shownTask, shownTasks } from './show-task.ts';
import type { Account } from '../../core/domain/account.ts';
import type { Task } from '../../core/domain/task/task.ts';
import type { InputPorts } from '../../core/flows/load-input.ts';
import type { TaskListing } from '../../core/ports/ports.ts';
import type { PublicTask, PublicTaskDetails, PublicWait } from '../../core/http/public-task.ts';
import type { Answer } from '../../core/http/answer.ts';
import type { Query } from '../../core/http/read-query.ts';
import type { FlowPorts } from '../../core/ports/flow-ports.ts';
import type { KeptPorts } from './kept-ports.ts';
import type { KnownTask } from './known-task.ts';

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function isTaskId(text: string): boolean {
  return uuidPattern.test(text);
}

/**
 * For calls that only show it.
 * @throws HttpFailure 404 for an id that is unknown, malformed or another account's; 410 for a task that was erased.
 */
export async function readOwnTask(ports: FlowPorts, account: Account, spelt: string): Promise<KnownTask> {
  const taskId = spelt.toLowerCase();
  if (!isTaskId(taskId)) throw documentedFailure(404);
  const known = await loadKnownTask(ports, taskId);
  if (!known) await refuseErased(ports, account, taskId);
  if (!known || (known.task.accountId !== account.id && !account.isOperator)) throw documentedFailure(404);
  return known;
}

/** For calls that change it. @throws HttpFailure 404 as readOwnTask; 409 for a task whose row is damaged. */
export async function loadOwnTask(ports: FlowPorts, account: Account, spelt: string): Promise<Task> {
  const known = await readOwnTask(ports, account, spelt);
  if (known.kind === 'sound') return known.task;
  const details = `${known.damaged.broken.join('; ')}; an operator has to end it (relay tasks end)`;
  throw ownFailure('taskDamaged', details);
}

type ShowPorts = KeptPorts & InputPorts;

/**
 * With `explain=true` also why it waits, with `details=true` what its submit said: reads that clients who poll should not
 * pay for.
 */
export async function getTask(ports: ShowPorts, account: Account, taskId: string, query: Query = {}): Promise<Answer> {
  const isExplained = readFlag('explain', query['explain']);
  const isDetailed = readFlag('details', query['details']);
  const known = await readOwnTask(ports, account, taskId);
  const sound = known.kind === 'sound' ? known.task : undefined;
  const body: PublicTask = {
    ...(await shownTask(ports, known)),
    ...(isExplained && { waits: sound ? await explained(ports, sound) : null }),
    ...(isDetailed && sound && { details: await detailed(ports, sound) }),
  };
  return { status: 200, body: shownTo(account, known.task.accountId, body) };
}

async function detailed(ports: ShowPorts, task: Task): Promise<PublicTaskDetails> {
  return (await import('./task-details.ts')).taskDetails(ports, task);
}

/** Loaded with the first call that asks: most tasks are never explained. */
async function explained(ports: KeptPorts, task: Task): Promise<PublicWait | null> {
  const { explainWait } = await import('../../core/flows/explain-wait.ts');
  return publicWait(await explainWait(ports, task));
}

export async function listTasks(
  ports: KeptPorts & { readonly listing: TaskListing },
  account: Account,
  query: Query,
): Promise<Answer> {
  const { status, cursor } = query;
  // Loaded with the first list: most processes only submit and show tasks.
  const { isSplitStatus, readCounted, readLimit, readTaskFilter } = await import('./task-filter.ts');
  const filter = readTaskFilter(account, query);
  const isCounted = readCounted(query);
  try {
    const [page, count] = await Promise.all([
      ports.listing.listTasks({ ...filter, limit: readLimit(query['limit']), cursor }),
      isCounted ? ports.listing.countTasks(filter) : undefined,
    ]);
    // The index knows phases; only here are `created` and `processing` distinguished, so such a page may be shorter.
    const isAsked = (task: PublicTask): boolean => !isSplitStatus(status) || task.status === status;
    const shown = await shownTasks(ports, page.tasks);
    const sound = page.tasks
      .flatMap(({ accountId: ownerId }, index) => shownTo(account, ownerId, shown[index] as PublicTask))
      .filter(isAsked);
    const damaged = (page.damaged ?? []).map((row) => shownTo(account, row.accountId, publicDamagedTask(row)));
    const sign = filter.order === 'oldest' ? -1 : 1;
    const found = [...sound, ...damaged].sort((a, b) => (a.id > b.id ? -sign : sign));
    const data = fittingRows(found);
    const last = data.length < found.length ? data.at(-1) : undefined;
    const next = last ? ports.listing.cursorAfter(filter, last.id) : page.cursor;
    const counted = count && { count: { tasks: count.tasks, at_least: count.isAtLeast } };
    return { status: 200, body: { data, next_cursor: next ?? null, ...counted } };
  } catch (error) {
    if (error instanceof RelayError && error.code === 'bad-cursor') {
      throw invalidParameter('cursor was not returned by this list');
    }
    throw error;
  }
}
