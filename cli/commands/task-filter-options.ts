// The options that say which tasks a list is about: the filters of `GET /v1/requests`, under the same names.
// core/ports/ports.ts says what each of them means to the store.
import { InvalidArgumentError } from 'commander';
import { taskStatuses } from '../../core/domain/task/task.ts';
import { metKeyOf, modelFilterOf } from '../../core/http/filter-texts.ts';
import { CommandFailure, exitCodes } from '../command-failure.ts';
import { duration, readWholeNumber, someOf } from '../read-options.ts';
import type { Command } from 'commander';
import type { TaskStatus } from '../../core/domain/task/task.ts';
import type { TaskFilter } from '../../core/ports/ports.ts';

export interface FilterOptions {
  readonly account?: string;
  readonly status?: readonly TaskStatus[];
  readonly code?: number;
  readonly met?: string;
  readonly model?: Pick<TaskFilter, 'model' | 'modelPrefix'>;
  readonly providerId?: string;
  readonly correlationId?: string;
  readonly from?: number;
  readonly to?: number;
  readonly oldest?: true;
}

export function addFilterOptions(command: Command): Command {
  return command
    .option('--account <account>', 'of this account only; id or name')
    .option('--status <states>', `one or several of ${taskStatuses.join(', ')}`, someOf(taskStatuses))
    .option('--code <code>', 'task code of the result', readWholeNumber(0, 99_999))
    .option('--met <code>', 'a code met on the way, however the task ended: 5003, 429 or a key such as http-429', met)
    .option('--model <model>', 'vendor/model/task, or its beginning and an asterisk', model)
    .option('--provider-id <id>', "Get3W's id of one of the attempts", filled)
    .option('--correlation-id <id>', 'the id that the submit gave', filled)
    .option('--from <time>', 'made from here on: so long ago, such as 2h, or a time in UTC, such as 2026-11-01', moment)
    .option('--to <time>', 'made before: so long ago, or a time in UTC', moment)
    .option('--oldest', 'oldest first');
}

/** @throws CommandFailure for filters that cannot be given together. */
export function filterOf(options: FilterOptions, accountId: string | undefined): TaskFilter {
  const { status, code, met: key, providerId, correlationId, from: fromMs, to: toMs, oldest } = options;
  if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs) {
    throw new CommandFailure('--from is not before --to.', 'Exchange the two, or leave one out.', exitCodes.usage);
  }
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
    fromMs,
    toMs,
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
export function moment(text: string): number {
  if (/^\d+[smhd]$/.test(text)) return Date.now() - duration(text);
  const at = /^\d{4}-\d{2}-\d{2}(T[\d:.]+Z)?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(at)) return at;
  throw new InvalidArgumentError('It must be such as 15m, 2h, 2026-11-01 or 2026-11-01T12:00:00Z.');
}
