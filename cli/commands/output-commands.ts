// `relay outputs`: which outputs are kept, keeping those of a task that did not ask for it or lost some, and whether the
// bucket still holds what was kept. listed-outputs.ts finds them, the keep stage keeps them.
import { InvalidArgumentError } from 'commander';
import { limits } from '../../core/domain/limits.ts';
import { keepOutputs } from '../../core/flows/keep-outputs.ts';
import { addCommand, runAs, withReason } from '../add-command.ts';
import { CommandFailure, exitCodes } from '../command-failure.ts';
import { listedOutputs, outputsOfTasks } from '../listed-outputs.ts';
import { readWholeNumber, someOf } from '../read-options.ts';
import { tableText, timeText } from '../terminal.ts';
import { verifyOutputs } from '../verify-outputs.ts';
import { accountOf } from './account-of.ts';
import { typed } from '../typed-command.ts';
import type { Command } from 'commander';
import type { KeptOutput } from '../../core/domain/media/keep-job.ts';
import type { Task } from '../../core/domain/task/task.ts';
import type { CommandContext } from '../add-command.ts';
import type { CommandPorts } from '../command-ports.ts';
import type { ListedOutput, OutputsQuery } from '../listed-outputs.ts';
import type { Report } from '../terminal.ts';
import type { Verified } from '../verify-outputs.ts';

const states = ['pending', 'kept', 'lost'] as const satisfies readonly KeptOutput['state'][];

interface SpanOptions {
  readonly account?: string;
  readonly from?: number;
  readonly to?: number;
}

interface ListOptions extends SpanOptions {
  readonly state?: readonly KeptOutput['state'][];
  readonly limit: number;
}

function time(text: string): number {
  const at = /^\d{4}-\d{2}-\d{2}(T[\d:.]+Z)?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(at)) return at;
  throw new InvalidArgumentError('It must be a day or a time in UTC, such as 2026-11-01 or 2026-11-01T12:00:00Z.');
}

function withSpan(command: Command): Command {
  return command
    .option('--account <account>', 'of this account only; id or name')
    .option('--from <time>', 'of tasks submitted from here on: a day or a time in UTC, such as 2026-11-01', time)
    .option('--to <time>', 'of tasks submitted before this day or time', time);
}

async function queryOf(ports: CommandPorts, { account, from, to }: SpanOptions): Promise<Omit<OutputsQuery, 'states'>> {
  return { accountId: account === undefined ? undefined : (await accountOf(ports, account)).id, from, to };
}

function sizeText(bytes: number | null): string {
  return bytes === null ? '-' : `${(bytes / 1_000_000).toFixed(2)} MB`;
}

async function list({ ports }: CommandContext, { state = states, limit, ...span }: ListOptions): Promise<Report> {
  const found: ListedOutput[] = [];
  let hasMore = false;
  for await (const output of listedOutputs(ports, { ...(await queryOf(ports, span)), states: state })) {
    hasMore = found.length === limit;
    if (hasMore) break;
    found.push(output);
  }
  const rows = found.map((output) => [
    output.task_id,
    String(output.output),
    timeText(output.ended_at),
    output.state,
    output.content_type ?? output.cause ?? '-',
    sizeText(output.bytes),
  ]);
  const table = tableText(['Task', 'Output', 'Ended', 'State', 'Type or cause', 'Size'], rows, 'No output matches.');
  const more = hasMore ? '\n\nThere are more: raise --limit, or end the span with --to.' : '';
  return { value: { data: found, has_more: hasMore }, text: table + more };
}

const whyNot = {
  kept: 'its outputs are kept already',
  'not-completed': 'it has not completed',
  'no-outputs': 'its outputs hold no address',
  'under-way': 'they are being fetched right now: repeat it in some minutes',
  changed: 'it changed in the meantime: repeat',
} as const;

interface Asked {
  readonly id: string;
  readonly account_id: string | null;
  readonly outputs: number;
  /** Why nothing is done; null where the keep stage has been asked. */
  readonly refused: string | null;
}

async function keepOne(ports: CommandPorts, taskId: string): Promise<Asked> {
  const task = await taskOf(ports, taskId);
  if (!task)
    return { id: taskId, account_id: null, outputs: 0, refused: 'there is no such task, or its row is damaged' };
  const result = await keepOutputs({ ...ports, kept: ports.store }, task);
  const about = { id: taskId, account_id: task.accountId };
  if (result.kind === 'asked') return { ...about, outputs: result.outputs, refused: null };
  return { ...about, outputs: 0, refused: whyNot[result.kind] };
}

async function taskOf({ store }: CommandPorts, taskId: string): Promise<Task | undefined> {
  return (await store.loadDamaged(taskId)) ? undefined : store.loadTask(taskId);
}

async function keep({ ports }: CommandContext, taskIds: readonly string[]): Promise<Report> {
  const asked: Asked[] = [];
  for (const taskId of taskIds) asked.push(await keepOne(ports, taskId));
  const lines = asked.map(({ id, outputs, refused }) =>
    refused === null ? `${id}: ${outputs} to be kept` : `${id}: ${refused}`,
  );
  // What is kept already is no failure: the command may be repeated for a whole list.
  const isFailed = asked.some(({ refused }) => refused !== null && refused !== whyNot.kept);
  return { value: { data: asked }, text: lines.join('\n'), exitCode: isFailed ? exitCodes.failed : undefined };
}

async function verify(context: CommandContext, taskIds: readonly string[], span: SpanOptions): Promise<Report> {
  const { ports, terminal, target } = context;
  const { openBucket } = await import('../output-bucket.ts');
  const bucket = openBucket(target);
  let checked = 0;
  try {
    const verified = await verifyOutputs(bucket, await keptOutputs(ports, taskIds, span), () => {
      checked += 1;
      if (checked % 100 === 0) terminal.note(`${checked} checked`);
    });
    return verifiedReport(verified);
  } finally {
    bucket.close();
  }
}

async function keptOutputs(
  ports: CommandPorts,
  taskIds: readonly string[],
  span: SpanOptions,
): Promise<AsyncGenerator<ListedOutput>> {
  if (taskIds.length === 0) return listedOutputs(ports, { ...(await queryOf(ports, span)), states: ['kept'] });
  const tasks = await Promise.all(taskIds.map((id) => taskOf(ports, id)));
  const unknown = taskIds.find((_id, index) => !tasks[index]);
  if (unknown !== undefined)
    throw new CommandFailure(
      `There is no task ${unknown}.`,
      `\`${typed('outputs list')}\` shows the latest.`,
      exitCodes.notFound,
    );
  const outputs = await outputsOfTasks(ports, tasks as readonly Task[]);
  return (async function* () {
    yield* outputs.filter(({ state }) => state === 'kept');
  })();
}

function verifiedReport({ outputs, bytes, different }: Verified): Report {
  const rows = different.map((one) => [one.task_id, String(one.output), one.error ?? one.found, one.key ?? '-']);
  const sum = `${outputs} outputs, ${sizeText(bytes)}: ${outputs - different.length} as they were kept, ${different.length} not.`;
  const table = different.length === 0 ? [] : [tableText(['Task', 'Output', 'Found', 'Key'], rows, '')];
  return {
    value: { outputs, bytes, different },
    text: [sum, ...table].join('\n\n'),
    exitCode: different.length > 0 ? exitCodes.failed : undefined,
  };
}

export function addOutputCommands(program: Command): void {
  const outputs = program.command('outputs').description('the outputs that tasks keep in the bucket');

  runAs<ListOptions>(
    withSpan(
      addCommand(outputs, 'list', 'Lists the outputs of tasks that keep them, newest task first.', [
        'outputs list --account studio --from 2026-11-01',
        'outputs list --state lost --json',
      ]),
    )
      .option('--state <states>', `one or several of ${states.join(', ')}`, someOf(states))
      .option('--limit <number>', 'how many', readWholeNumber(1, 100_000), limits.pageSizeDefault),
    (context, _args, options) => list(context, options),
  );

  runAs(
    withReason(
      addCommand(outputs, 'keep <tasks...>', 'Keeps the outputs of completed tasks, and tries lost ones again.', [
        'outputs keep 01983f4e-…',
        "outputs list --state lost --json | jq -r '.data[].task_id' | sort -u | xargs npm run relay -- outputs keep",
      ]),
    ),
    (context, taskIds) => keep(context, taskIds),
    'task.keep',
  );

  runAs<SpanOptions>(
    withSpan(
      addCommand(outputs, 'verify [tasks...]', 'Reads kept outputs back from the bucket and compares their hashes.', [
        'outputs verify 01983f4e-…',
        'outputs verify --account studio --from 2026-11-01 --json',
      ]),
    ),
    (context, taskIds, options) => verify(context, taskIds, options),
  );
}
