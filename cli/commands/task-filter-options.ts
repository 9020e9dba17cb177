// The options that say which tasks a list or a job is about: the filters of `GET /v1/requests`, under the same names.
// core/ports/ports.ts says what each of them means to the store.
import { InvalidArgumentError, Option } from 'commander';
import { taskStatuses } from '../../core/domain/task/task.ts';
import { metKeyOf, modelFilterOf } from '../../core/http/filter-texts.ts';
import { CommandFailure, exitCodes } from '../command-failure.ts';
import { duration, readWholeNumber, someOf } from '../read-options.ts';
import type { Command } from 'commander';
import type { TaskStatus } from '../../core/domain/task/task.ts';
import type { TaskFilter } from '../../core/ports/ports.ts';

/** A time as it was given: one that is so long ago moves with the clock. */
export interface Moment {
  readonly at: number;
  readonly isAgo: boolean;
}

/** Where a span of time begins and ends. */
export interface SpanOptions {
  readonly from?: Moment;
  /** The same as `from`. */
  readonly since?: Moment;
  readonly to?: Moment;
}

export interface FilterOptions extends SpanOptions {
  readonly account?: string;
  readonly status?: readonly TaskStatus[];
  readonly code?: number;
  readonly met?: string;
  readonly model?: Pick<TaskFilter, 'model' | 'modelPrefix'>;
  readonly providerId?: string;
  readonly correlationId?: string;
}

export interface ListFilterOptions extends FilterOptions {
  readonly oldest?: true;
}

/** With the order of a list. */
export function addFilterOptions(command: Command): Command {
  return addTaskFilter(command).option('--oldest', 'oldest first');
}

export function addTaskFilter(command: Command): Command {
  const filtered = command
    .option('--account <account>', 'of this account only; id or name')
    .option('--status <states>', `one or several of ${taskStatuses.join(', ')}`, someOf(taskStatuses))
    .option('--code <code>', 'task code of the result', readWholeNumber(0, 99_999))
    .option('--met <code>', 'a code met on the way, however the task ended: 5003, 429 or a key such as http-429', met)
    .option('--model <model>', 'vendor/model/task, or its beginning and an asterisk', model)
    .option('--provider-id <id>', "Get3W's id of one of the attempts", filled)
    .option('--correlation-id <id>', 'the id that the submit gave', filled);
  return addSpan(filtered);
}

export function addSpan(command: Command): Command {
  return command
    .option('--from <time>', 'made from here on: so long ago, such as 2h, or a time in UTC, such as 2026-11-01', moment)
    .addOption(new Option('--since <time>', 'the same as --from').argParser(moment).conflicts('from'))
    .option('--to <time>', 'made before: so long ago, or a time in UTC', moment);
}

/** @throws CommandFailure for a span that ends before it begins. */
export function spanOf({ from, since = from, to }: SpanOptions): Pick<TaskFilter, 'fromMs' | 'toMs'> {
  if (since && to && since.at >= to.at) {
    throw new CommandFailure('--from is not before --to.', 'Exchange the two, or leave one out.', exitCodes.usage);
  }
  return { fromMs: since?.at, toMs: to?.at };
}

/** @throws CommandFailure for filters that cannot be given together. */
export function filterOf(options: ListFilterOptions, accountId: string | undefined): TaskFilter {
  const { status, code, met: key, providerId, correlationId, oldest } = options;
  const span = spanOf(options);
  if (key !== undefined && correlationId !== undefined) {
    const advice = 'Leave one of them out.';
    throw new CommandFailure('--met and --correlation-id cannot be given together.', advice, exitCodes.usage);
  }
  return {
    accountId,
    status,
    code,
    met: key === undefined ? undefined : [key],
    ...options.model,
    upstreamId: providerId,
    correlationId,
    ...span,
    order: oldest ? 'oldest' : 'newest',
  };
}

/** An empty filter would match nothing, and is surely a mistake. */
function filled(text: string): string {
  if (text === '') throw new InvalidArgumentError('It is empty.');
  return text;
}

function met(text: string): string {
  const key = metKeyOf(text);
  if (key !== undefined) return key;
  throw new InvalidArgumentError('It must be an HTTP status, a task code, or a key of the table of errors.');
}

function model(text: string): Pick<TaskFilter, 'model' | 'modelPrefix'> {
  const filter = modelFilterOf(filled(text));
  if (filter) return filter;
  throw new InvalidArgumentError('It takes one * at its end, after the beginning of a model, such as vendor/*.');
}

/** A bare number would be seconds to `duration`, and a year to a reader. */
export function moment(text: string): Moment {
  if (/^\d+[smhd]$/.test(text)) return { at: Date.now() - duration(text), isAgo: true };
  const at = /^\d{4}-\d{2}-\d{2}(T[\d:.]+Z)?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(at)) return { at, isAgo: false };
  throw new InvalidArgumentError('It must be such as 15m, 2h, 2026-11-01 or 2026-11-01T12:00:00Z.');
}
