// A stored task in an impossible state: its row breaks an invariant, or cannot be read. What is known of it, and how an
// operator closes it, so that account and gate get back what it held. The relay decides nothing else about it.
import { taskCodes } from '../error-catalogue.ts';
import { RelayError } from '../relay-error.ts';
import { brokenInvariants } from './task-invariants.ts';
import { isFinal } from './task.ts';
import { withOpenEnd } from './open-ends.ts';
import type { Attempt, Failure, OpenEnd, Task } from './task.ts';

export interface DamagedTask {
  readonly id: string;
  readonly accountId: string;
  readonly model: string;
  readonly version: number;
  /** The invariants that do not hold, as sentences. */
  readonly broken: readonly string[];
  /** The row as far as it can be read; what account and gate count for it is derived from this. */
  readonly stored: Task;
}

/** Thrown where a sound task was asked for; code that only displays tasks shows what is known of this one. */
export class DamagedTaskError extends RelayError {
  readonly damaged: DamagedTask;

  constructor(damaged: DamagedTask) {
    const { id: taskId, broken } = damaged;
    super('task-damaged', 'The stored row of a task is impossible', { taskId, broken: broken.join('; ') });
    this.damaged = damaged;
  }
}

const endedByOperator: Failure = {
  level: 'transport',
  code: 'row-damaged',
  text: 'Ended by an operator: its row was damaged',
};

/** The task as failed: nothing is held and no stage will touch it. It is sound, and may be put back. */
export function endDamagedTask({ stored, broken }: DamagedTask, now: number): Task {
  const {
    slot: _slot,
    ticket: _ticket,
    lease: _lease,
    due: _due,
    sweepAt: _sweep,
    openEnds,
    nextAttemptAt: _next,
    ...kept
  } = stored;
  const attempts = stored.attempts.map((attempt) => closed(attempt, now));
  // The clients that wait for its end are notified once.
  const ends = isFinal(stored.status) ? Math.max(1, stored.ends) : stored.ends + 1;
  const left = stillOpen(openEnds, stored.ends);
  const again: Task = {
    ...kept,
    ...(left.length > 0 && { openEnds: left }),
    status: 'failed',
    version: stored.version + 1,
    updatedAt: now,
    endedAt: now,
    ends,
    attempts,
    // Whether it was paid for is unknown: its account gets its money back.
    ...(stored.money && { money: { ...stored.money, reason: 'service-failure' as const } }),
    result: { code: taskCodes.internalError, outputs: null, error: `${endedByOperator.text}: ${broken.join('; ')}` },
  };
  const ended = ends > stored.ends ? withOpenEnd(again, now) : again;
  // A self-contradictory record of attempts is worthless.
  return brokenInvariants(ended).length === 0 ? ended : { ...ended, attempts: [], attemptCount: stored.attemptCount };
}

/** Ends whose events are still to be handed on, as far as its row says so in a form that can be. */
function stillOpen(openEnds: readonly OpenEnd[] = [], endsMax: number): readonly OpenEnd[] {
  return openEnds.filter(({ end }, index) => end <= endsMax && end > (openEnds[index - 1]?.end ?? 0));
}

function closed(attempt: Attempt, now: number): Attempt {
  return attempt.state === 'closed'
    ? attempt
    : { ...attempt, state: 'closed', outcome: 'abandoned', endedAt: now, failure: endedByOperator };
}
