// What operators do about dead letters, by the API and the command line alike: see each with its cause, and send them back
// once the cause is fixed. One queue at a time, and bounded: the caller says how much, and until when.
import type { ActResult } from './audited.ts';
import type { Queue } from '../contract/messages.ts';
import type { DeadLetter, DeadLetterQueues } from '../ports/dead-letters.ts';
import type { FaultReader, MessageFault } from '../ports/message-faults.ts';

interface DeadLetterPorts {
  readonly letters: DeadLetterQueues;
  readonly faults: FaultReader;
}

/** Old messages, and those whose function timed out, have no fault on record. */
export interface FoundLetter extends DeadLetter {
  readonly fault: MessageFault | undefined;
}

export interface LettersOfQueue {
  readonly queue: Queue;
  /** About how many there are, those that are hidden just now among them. */
  readonly messages: number;
  readonly hidden: number;
  /** Oldest first. */
  readonly letters: readonly FoundLetter[];
}

/** Receives no more than are there: waiting for one that does not come takes seconds. */
export async function readDeadLetters(
  { letters, faults }: DeadLetterPorts,
  queue: Queue,
  max: number,
): Promise<LettersOfQueue> {
  const { waiting, hidden } = await letters.count(queue);
  const found = waiting === 0 ? [] : await letters.peek(queue, Math.min(max, waiting));
  const known = found.length === 0 ? [] : await faults.faultsOf(found.map(({ messageId }) => messageId));
  const byId = new Map(known.map((fault) => [fault.messageId, fault]));
  return {
    queue,
    messages: waiting + hidden,
    hidden,
    letters: found
      .map((letter) => ({ ...letter, fault: byId.get(letter.messageId) }))
      .sort((one, other) => one.sentAt - other.sentAt),
  };
}

export interface Redriven {
  readonly queue: Queue;
  readonly moved: number;
  /** About how many are still there; null where the queue could not even be counted. */
  readonly left: number | null;
  /** What ended it early: given and not thrown, because what it moved before is to be told, and other queues go on. */
  readonly failure: Error | undefined;
}

interface AskedRedrive {
  readonly max: number;
  readonly onCounted?: (messages: number) => void;
  readonly onMoved?: (messages: number) => void;
  readonly isOver?: () => boolean;
}

/** Sends back what was there at the start: a message that fails again and returns meanwhile is left for the next call. */
export async function redriveDeadLetters(
  { letters }: Pick<DeadLetterPorts, 'letters'>,
  queue: Queue,
  { max, onCounted, onMoved, isOver }: AskedRedrive,
): Promise<Redriven> {
  let moved = 0;
  let found: number | undefined;
  const answer = (failure?: Error): Redriven => {
    return { queue, moved, left: found === undefined ? null : Math.max(0, found - moved), failure };
  };
  const count = (messages: number): void => {
    moved += messages;
    onMoved?.(messages);
  };
  try {
    const { waiting, hidden } = await letters.count(queue);
    found = waiting + hidden;
    const most = Math.min(max, waiting);
    onCounted?.(most);
    if (most > 0) await letters.redrive(queue, { max: most, onMoved: count, isOver });
    return answer();
  } catch (error) {
    return answer(error instanceof Error ? error : new Error(String(error)));
  }
}

/**
 * What the audit log says of a redrive that left something behind; nothing of one that sent all back.
 * @param waiting queues that were asked for and had no turn.
 */
export function actOfRedrive(done: readonly Redriven[], waiting: readonly Queue[] = []): ActResult {
  const left = done.reduce((sum, one) => sum + (one.left ?? 0), 0);
  const failed = done.flatMap(({ queue, failure }) => (failure ? [`${queue} stopped with ${failure.name}`] : []));
  if (left === 0 && failed.length === 0 && waiting.length === 0) return {};
  const moved = done.reduce((sum, one) => sum + one.moved, 0);
  const unread = waiting.length > 0 ? [`no turn for ${waiting.join(', ')}`] : [];
  return { outcome: 'partly', error: [`${moved} sent back, ${left} left`, ...failed, ...unread].join('; ') };
}

/** @returns what failed, where nothing at all was moved and no queue went well: there is nothing else to tell. */
export function wholeFailureOf(done: readonly Redriven[]): Error | undefined {
  return done.every(({ moved, failure }) => moved === 0 && failure !== undefined) ? done[0]?.failure : undefined;
}
