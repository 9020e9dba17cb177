// What `relay dead-letters redrive` says when it is done: how many of each queue were sent back, and which queues stopped
// early and why. Then the command fails, so that a script repeats it. Pure.
import { exitCodes } from '../command-failure.ts';
import { actOfRedrive, wholeFailureOf } from '../../core/flows/dead-letters.ts';
import type { Queue } from '../../core/contract/messages.ts';
import type { Redriven } from '../../core/flows/dead-letters.ts';
import type { Report } from '../terminal.ts';

/**
 * @param asked all queues that were asked for; the most may have been reached before some had their turn.
 * @throws what failed, where no queue went well and nothing was moved.
 */
export function redriveReport(asked: readonly Queue[], done: readonly Redriven[]): Report {
  const failure = wholeFailureOf(done);
  if (failure) throw failure;
  const movedOf = (queue: Queue): number => done.find((one) => one.queue === queue)?.moved ?? 0;
  const errors = done.flatMap(({ queue, failure: why }) =>
    why ? [{ queue, error: `${why.name}: ${why.message}` }] : [],
  );
  const total = done.reduce((sum, { moved }) => sum + moved, 0);
  const parts = asked.map((queue) => `${queue} ${movedOf(queue)}`);
  const nothing = errors.length > 0 ? 'Nothing was sent back.' : 'There was nothing to send back.';
  const stopped = errors.map(({ queue, error }) => `${queue} stopped early (${error}): repeat the command.`);
  return {
    value: { moved: Object.fromEntries(asked.map((queue) => [queue, movedOf(queue)])), total, errors },
    text: [total === 0 ? nothing : `Sent back: ${parts.join(', ')}.`, ...stopped].join('\n'),
    act: actOfRedrive(done, asked.slice(done.length)),
    ...(errors.length > 0 && { exitCode: exitCodes.failed }),
  };
}
