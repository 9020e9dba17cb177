// The call that shows failures as groups: by code, model and account, from the index of tasks that met one, those that are
// muted last. No task is read for it.
import { groupFailures } from '../../core/domain/task/failure-groups.ts';
import { limits } from '../../core/domain/limits.ts';
import { shownGroups } from '../../core/flows/mute-failures.ts';
import { invalidParameter } from '../../core/http/http-failure.ts';
import { publicFailure } from '../../core/http/public-failure.ts';
import { readMoment } from '../../core/http/read-query.ts';
import { DAY_MS } from '../../core/domain/time-ms.ts';
import { askedAccounts, shownTo } from './asked-account.ts';
import { muteSideOf } from './mute-calls.ts';
import type { Account } from '../../core/domain/account.ts';
import type { Answer } from '../../core/http/answer.ts';
import type { MutePorts } from '../../core/flows/mute-failures.ts';
import type { Query } from '../../core/http/read-query.ts';
import type { Clock, TaskListing } from '../../core/ports/ports.ts';

interface FailurePorts extends MutePorts {
  readonly listing: Pick<TaskListing, 'listFailed'>;
  readonly clock: Clock;
}

/** @throws HttpFailure 400, or 403 for another's account. */
export async function listFailures(ports: FailurePorts, account: Account, query: Query): Promise<Answer> {
  const accountId = askedAccounts(account, query['account']);
  const range = readRange(query, ports.clock.now());
  const { tasks, isAtLeast } = await ports.listing.listFailed({ accountId, ...range });
  const groups = groupFailures(tasks, range);
  const listed = await shownGroups(ports, muteSideOf(account), groups, limits.failureGroupsMax);
  const shown = listed.map(({ group, mute }) =>
    shownTo(account, group.accountId, publicFailure(group, tasks.length, mute)),
  );
  return {
    status: 200,
    body: {
      from: new Date(range.fromMs).toISOString(),
      to: new Date(range.toMs).toISOString(),
      total: tasks.length,
      at_least: isAtLeast,
      more_groups: groups.length - shown.length,
      failures: shown,
    },
  };
}

/** The last day where nothing is said. */
function readRange(query: Query, now: number): { readonly fromMs: number; readonly toMs: number } {
  const { from, to } = query;
  const toMs = to === undefined ? now : readMoment('to', to);
  const fromMs = from === undefined ? toMs - DAY_MS : readMoment('from', from);
  if (fromMs >= toMs) throw invalidParameter('from must be before to, and to is now where it is not given');
  return { fromMs, toMs };
}
