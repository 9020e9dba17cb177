// `relay failures`: what tasks met on their way, as groups of code, model and account, those with the most tasks first.
// core/domain/task/failure-groups.ts makes the groups; `GET /v1/failures` shows the same.
import colours from 'picocolors';
import { findError } from '../../core/domain/error-catalogue.ts';
import { groupFailures } from '../../core/domain/task/failure-groups.ts';
import { DAY_MS } from '../../core/domain/time-ms.ts';
import { publicFailure } from '../../core/http/public-failure.ts';
import { addCommand, runAs } from '../add-command.ts';
import { CommandFailure, exitCodes } from '../command-failure.ts';
import { readWholeNumber } from '../read-options.ts';
import { shortened, tableText, timeText } from '../terminal.ts';
import { accountOf } from './account-of.ts';
import { moment } from './task-filter-options.ts';
import type { Command } from 'commander';
import type { ErrorLevel } from '../../core/domain/error-catalogue.ts';
import type { PublicFailure } from '../../core/http/public-failure.ts';
import type { CommandContext } from '../add-command.ts';
import type { Report } from '../terminal.ts';
import type { Moment } from './task-filter-options.ts';

interface FailureOptions {
  readonly account?: string;
  readonly from?: Moment;
  readonly to?: Moment;
  readonly limit: number;
}

const GROUPS_SHOWN = 20;
const bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

function trendText(trend: readonly number[]): string {
  const most = Math.max(1, ...trend);
  return trend.map((tasks) => (tasks === 0 ? ' ' : bars[Math.ceil((tasks / most) * bars.length) - 1])).join('');
}

function nameOf({ level, code, key }: PublicFailure): string {
  return findError(level as ErrorLevel, code)?.name ?? key;
}

async function listFailures({ ports }: CommandContext, options: FailureOptions): Promise<Report> {
  const { account, from, to, limit } = options;
  const toMs = to?.at ?? ports.clock.now();
  const fromMs = from?.at ?? toMs - DAY_MS;
  if (fromMs >= toMs) {
    throw new CommandFailure('--from is not before --to.', 'Without --to it is now.', exitCodes.usage);
  }
  const accountId = account === undefined ? undefined : (await accountOf(ports, account)).id;
  const { tasks, isAtLeast } = await ports.store.listFailed({ accountId, fromMs, toMs });
  const groups = groupFailures(tasks, { fromMs, toMs });
  const names = new Map((await ports.store.listAccounts()).map(({ id, name }) => [id, name]));
  const failures = groups
    .slice(0, limit)
    .map((group) => ({ ...publicFailure(group, tasks.length), account: group.accountId }));
  const rows = failures.map((group) => [
    group.key,
    nameOf(group),
    shortened(group.model, 44),
    shortened(names.get(group.account) ?? group.account, 16),
    String(group.count),
    `${Math.round(100 * group.share)} %`,
    timeText(group.first_seen),
    timeText(group.last_seen),
    trendText(group.trend),
  ]);
  const titles = ['Code', 'Name', 'Model', 'Account', 'Tasks', 'Share', 'First', 'Last', 'Trend'];
  const table = tableText(titles, rows, 'No task met a failure in this time.');
  const hints = [
    groups.length > limit ? `${groups.length - limit} more groups: --limit ${groups.length}` : '',
    isAtLeast ? 'Only the newest 10,000 tasks are counted; a shorter time shows the others.' : '',
    failures[0] ? `Their tasks: tasks list --met ${failures[0].key} --model '${failures[0].model}'` : '',
  ].filter((hint) => hint !== '');
  return {
    value: { total: tasks.length, at_least: isAtLeast, more_groups: groups.length - failures.length, failures },
    text: [table, ...hints.map((hint) => colours.dim(hint))].join('\n\n'),
  };
}

export function addFailureCommand(program: Command): void {
  return runAs<FailureOptions>(
    addCommand(program, 'failures', 'Shows what tasks met on their way, by code, model and account.', [
      'failures',
      'failures --from 2h --account studio',
    ])
      .option('--account <account>', 'of this account only; id or name')
      .option(
        '--from <time>',
        'of tasks made from here on: so long ago, such as 2h, or a time in UTC; a day by default',
        moment,
      )
      .option('--to <time>', 'of tasks made before: so long ago, or a time in UTC', moment)
      .option('--limit <number>', 'how many groups', readWholeNumber(1), GROUPS_SHOWN),
    (context, _args, options) => listFailures(context, options),
  );
}
