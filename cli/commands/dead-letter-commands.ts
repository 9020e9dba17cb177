// `relay dead-letters`: shows messages that the relay itself could not process and why, and sends them back once the
// cause is fixed. A failure of Get3W never makes a dead letter: the task's row records it.
import { addCommand, runAs, withReason } from '../add-command.ts';
import { oneOf, readWholeNumber } from '../read-options.ts';
import { shortened, tableText, timeText } from '../terminal.ts';
import { redriveReport } from './redrive-report.ts';
import { queueNames } from '../../core/contract/messages.ts';
import { readDeadLetters, redriveDeadLetters } from '../../core/flows/dead-letters.ts';
import type { Command } from 'commander';
import type { Queue } from '../../core/contract/messages.ts';
import type { FoundLetter, Redriven } from '../../core/flows/dead-letters.ts';
import type { CommandContext } from '../add-command.ts';
import type { Report } from '../terminal.ts';

interface QueueOptions {
  readonly queue?: Queue;
  readonly max: number;
}

interface Found extends FoundLetter {
  readonly queue: Queue;
}

function asked(queue: Queue | undefined): readonly Queue[] {
  return queue === undefined ? queueNames : [queue];
}

async function find({ ports }: CommandContext, { queue, max }: QueueOptions): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (const name of asked(queue)) {
    const { letters } = await readDeadLetters(ports, name, max - found.length);
    found.push(...letters.map((letter) => ({ ...letter, queue: name })));
    if (found.length >= max) break;
  }
  return found;
}

/** The cause, in a few words. Old messages and those whose function timed out have none on record. */
function causeText({ fault }: Found): string {
  return fault === undefined
    ? 'not recorded: search the log for time-outs'
    : `${fault.error.name}: ${fault.error.text}`;
}

async function listLetters(context: CommandContext, options: QueueOptions): Promise<Report> {
  const found = await find(context, options);
  const rows = found.map((letter) => [
    letter.queue,
    letter.messageId,
    timeText(letter.sentAt),
    shortened(letter.body, 70),
    shortened(causeText(letter), 90),
  ]);
  const empty = 'There are no dead letters: the relay has processed every message.';
  const value = found.map(({ queue, messageId, body, sentAt, receiveCount, fault }) => ({
    queue,
    message_id: messageId,
    body,
    sent_at: new Date(sentAt).toISOString(),
    receive_count: receiveCount,
    cause: fault && {
      name: fault.error.name,
      code: fault.error.code ?? null,
      text: fault.error.text,
      at: new Date(fault.at).toISOString(),
      receive_count: fault.receiveCount,
    },
  }));
  return { value, text: tableText(['Queue', 'Message', 'Sent', 'Doorbell', 'Cause'], rows, empty) };
}

/** Fills its bar as letters are moved. */
async function redriveQueue(context: CommandContext, queue: Queue, max: number): Promise<Redriven> {
  let bar: ReturnType<CommandContext['terminal']['progress']> | undefined;
  try {
    return await redriveDeadLetters(context.ports, queue, {
      max,
      onCounted: (messages) => (bar = context.terminal.progress(queue, messages)),
      onMoved: (messages) => bar?.advance(messages),
    });
  } finally {
    bar?.stop();
  }
}

async function redriveLetters(context: CommandContext, { queue, max }: QueueOptions): Promise<Report> {
  const done: Redriven[] = [];
  let left = max;
  for (const name of asked(queue)) {
    if (left === 0) break;
    const one = await redriveQueue(context, name, left);
    done.push(one);
    left -= one.moved;
  }
  return redriveReport(asked(queue), done);
}

function withQueue(command: Command, most: number): Command {
  return command
    .option('--queue <queue>', `one of ${queueNames.join(', ')} (default: all)`, oneOf(queueNames))
    .option('--max <number>', 'how many at most', readWholeNumber(1, 100_000), most);
}

export function addDeadLetterCommands(program: Command): void {
  const letters = program.command('dead-letters').description('messages that the relay itself could not process');
  runAs<QueueOptions>(
    withQueue(
      addCommand(letters, 'list', 'Lists them with the cause of each. Removes nothing.', [
        'dead-letters list',
        'dead-letters list --queue dispatch --json',
      ]),
      100,
    ),
    (context, _args, options) => listLetters(context, options),
  );
  runAs<QueueOptions>(
    withQueue(
      withReason(
        addCommand(letters, 'redrive', 'Sends them back to the queues they came from. Fix the cause first.', [
          'dead-letters redrive',
          'dead-letters redrive --queue settle --max 10',
        ]),
      ),
      1_000,
    ),
    (context, _args, options) => redriveLetters(context, options),
    'dead-letters.redrive',
  );
}
