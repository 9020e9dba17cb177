// `relay failures`: what tasks met on their way, as groups of code, model and account, those with the most tasks first and
// muted ones last; and `mute` and `unmute` for a group. core/domain/task/failure-groups.ts makes the groups; `GET /v1/failures`
// shows the same to operators.
import colours from 'picocolors';
import { findError } from '../../core/domain/error-catalogue.ts';
import { groupFailures } from '../../core/domain/task/failure-groups.ts';
import { limits } from '../../core/domain/limits.ts';
import { EVERY_ONE } from '../../core/domain/failure-mute.ts';
import { DAY_MS } from '../../core/domain/time-ms.ts';
import { metKeyOf } from '../../core/http/filter-texts.ts';
import { publicFailure } from '../../core/http/public-failure.ts';
import { muteFailures, shownGroups, unmuteFailures } from '../../core/flows/mute-failures.ts';
import { publicMutedGroup } from '../../core/http/public-mute.ts';
import { addCommand, namingAllMissing, readReason, runAs, withReason } from '../add-command.ts';
import { onRecord } from '../audited-command.ts';
import { CommandFailure, exitCodes } from '../command-failure.ts';
import { principal } from '../principal.ts';
import { duration, readWholeNumber } from '../read-options.ts';
import { factsText, shortened, tableText, timeText } from '../terminal.ts';
import { accountOf } from './account-of.ts';
import { moment } from './task-filter-options.ts';
import { again, typed } from '../typed-command.ts';
import type { Command } from 'commander';
import type { ErrorLevel } from '../../core/domain/error-catalogue.ts';
import type { PublicFailure } from '../../core/http/public-failure.ts';
import type { AuditAction } from '../../core/domain/audit-entry.ts';
import type { MutedGroup } from '../../core/domain/failure-mute.ts';
import type { PublicMutedGroup } from '../../core/http/public-mute.ts';
import type { CommandContext } from '../add-command.ts';
import type { CommandPorts } from '../command-ports.ts';
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
  const shown = await shownGroups(mutePorts(ports), 'operators', groups, limit);
  const failures = shown.map(({ group, mute }) => ({
    ...publicFailure(group, tasks.length, mute),
    account: group.accountId,
  }));
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
    mutedText(group),
  ]);
  const titles = ['Code', 'Name', 'Model', 'Account', 'Tasks', 'Share', 'First', 'Last', 'Trend', 'Muted'];
  const table = tableText(titles, rows, 'No task met a failure in this time.');
  const hints = [
    groups.length > limit ? `${groups.length - limit} more groups: ${again('limit', String(groups.length))}` : '',
    isAtLeast ? 'Only the newest 10,000 tasks are counted; a shorter time shows the others.' : '',
    failures[0] ? `Tasks of the first: ${tasksOf(failures[0], options)}` : '',
  ].filter((hint) => hint !== '');
  return {
    value: { total: tasks.length, at_least: isAtLeast, more_groups: groups.length - failures.length, failures },
    text: [table, ...hints.map((hint) => colours.dim(hint))].join('\n\n'),
  };
}

/** As precisely as the row is about them. */
function tasksOf(
  { key, model, account }: PublicFailure & { readonly account: string },
  { from, to }: FailureOptions,
): string {
  const since = new Date(from?.at ?? Date.now() - DAY_MS).toISOString();
  const until = to === undefined ? '' : ` --to ${new Date(to.at).toISOString()}`;
  return typed(`tasks list --met ${key} --model '${model}' --account ${account} --from ${since}${until}`);
}

function mutedText({ muted }: PublicFailure): string {
  if (!muted) return '';
  const { until, reason, by } = muted;
  return `until ${timeText(until)} by ${by.principal ?? by.key_name ?? by.key_hint ?? 'a key'}: ${shortened(reason, 40)}`;
}

function mutePorts({ store, clock }: CommandPorts) {
  return { mutes: store, clock };
}

interface MuteOptions {
  readonly model: string;
  readonly account: string;
  readonly for?: number;
  readonly until?: Moment;
  readonly reason?: string;
}

async function aboutOf(ports: CommandPorts, code: string, { model, account }: MuteOptions): Promise<MutedGroup> {
  const key = metKeyOf(code);
  if (key === undefined) {
    const advice = `It is an HTTP status, a task code, or a key such as http-429; \`${typed('failures')}\` shows them.`;
    throw new CommandFailure(`There is no code ${code}.`, advice, exitCodes.usage);
  }
  if (model === '' || (model !== EVERY_ONE && model.includes('*'))) {
    const advice = `\`${typed('failures')}\` names the models.`;
    throw new CommandFailure('--model takes a model, or * for every one.', advice, exitCodes.usage);
  }
  const accountId = account === EVERY_ONE ? EVERY_ONE : (await accountOf(ports, account)).id;
  return { key, model, accountId };
}

export function muteEnd({ for: forMs, until }: Pick<MuteOptions, 'for' | 'until'>, now: number): number {
  if ((forMs === undefined) === (until === undefined)) {
    const fault = until ? 'Only one of --for and --until can be given.' : 'Nothing says when the mute ends.';
    throw new CommandFailure(fault, 'Give one of --for 2h and --until 2026-12-01.', exitCodes.usage);
  }
  const end = until?.at ?? now + (forMs ?? 0);
  if (end > now && end <= now + limits.muteMsMax) return end;
  const advice = `It must end within ${limits.muteMsMax / DAY_MS} days, and in the future.`;
  throw new CommandFailure('The mute cannot end then.', advice, exitCodes.usage);
}

async function mute(
  { ports }: CommandContext,
  code: string,
  options: MuteOptions & { readonly reason: string },
): Promise<Report> {
  const about = await aboutOf(ports, code, options);
  const { reason } = options;
  const at = ports.clock.now();
  const by = { kind: 'command-line', principal: principal() } as const;
  const asked = { ...about, until: muteEnd(options, at), reason, by, at };
  await changed(ports, 'failures.mute', about, reason, () => muteFailures(mutePorts(ports), 'operators', asked));
  return reportOf(publicMutedGroup(about, asked));
}

async function unmute({ ports }: CommandContext, code: string, options: MuteOptions): Promise<Report> {
  const about = await aboutOf(ports, code, options);
  const { reason } = options;
  await changed(ports, 'failures.unmute', about, reason, () => unmuteFailures(mutePorts(ports), 'operators', about));
  return reportOf(publicMutedGroup(about));
}

/** On the record. @throws CommandFailure for what could not be done. */
function changed(
  ports: CommandPorts,
  action: AuditAction,
  { key, model, accountId }: MutedGroup,
  reason: string | undefined,
  work: () => ReturnType<typeof muteFailures>,
): Promise<void> {
  const run = async (): Promise<void> => {
    const outcome = await work();
    if (outcome === 'not-muted') {
      throw new CommandFailure(
        'Operators have no such mute.',
        `\`${typed('failures')}\` shows those that run.`,
        exitCodes.notFound,
      );
    }
    if (outcome === 'too-many') {
      const advice = `End one with \`${typed('failures unmute CODE --model MODEL --account ACCOUNT')}\`, or mute every model with --model "*".`;
      throw new CommandFailure(`${limits.mutesMax} mutes of the account run already.`, advice);
    }
    if (outcome === 'changed-by-others') {
      throw new CommandFailure('The mutes of the account are being changed by others.', 'Try again.');
    }
  };
  return onRecord(ports, { action, target: `${key} ${model}`, reason }, run, () => ({ accountId }));
}

function reportOf(group: PublicMutedGroup): Report {
  const { key, model, account, muted } = group;
  const until = muted ? timeText(muted.until) : 'no longer muted';
  return {
    value: group,
    text: factsText({ Code: key, Model: model, Account: account, Until: until, Reason: muted?.reason }),
  };
}

function addMute(
  failures: Command,
  verb: 'mute' | 'unmute',
  description: string,
  examples: readonly string[],
): Command {
  return addCommand(failures, `${verb} <code>`, description, examples)
    .requiredOption('--model <model>', 'vendor/model/task, or * for every one')
    .requiredOption('--account <account>', 'id or name, or * for all');
}

export function addFailureCommand(program: Command): void {
  const failures = program.command('failures').description('what tasks met on their way; mute what is known');
  const muting = addMute(failures, 'mute', 'Shows a group of failures last to operators, until a time.', [
    'failures mute 5003 --model demo/image-1/text-to-image --account "*" --for 2h --reason "the vendor is told"',
  ]);
  const endOf = (): readonly string[] => {
    const { for: forMs, until } = muting.opts<MuteOptions>();
    return forMs === undefined && until === undefined ? ['--for <duration> or --until <time>'] : [];
  };
  runAs<MuteOptions & { readonly reason: string }>(
    namingAllMissing(muting, endOf)
      .requiredOption('--reason <text>', 'why: it is shown beside the group, and in the audit log', readReason)
      .option('--for <duration>', 'for so long, such as 2h or 7d', duration)
      .option('--until <time>', 'until this time in UTC, such as 2026-12-01T12:00:00Z', moment),
    (context, [code = ''], options) => mute(context, code, options),
  );
  runAs<MuteOptions>(
    withReason(
      addMute(failures, 'unmute', 'Ends a mute before its time.', [
        'failures unmute 5003 --model demo/image-1/text-to-image --account "*"',
      ]),
    ),
    (context, [code = ''], options) => unmute(context, code, options),
  );
  runAs<FailureOptions>(
    addCommand(
      failures,
      'list',
      'Shows what tasks met on their way, by code, model and account; `failures` alone does it too.',
      ['failures', 'failures --from 2h --account studio'],
      { isDefault: true },
    )
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
