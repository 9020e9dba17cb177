// Dead letters as the API lists them, and what each is about in words: the thing, its address on the page, the cause.
import type { PublicDeadLetter } from '../../../core/http/public-dead-letter.ts';

export type DeadLetter = PublicDeadLetter;

export interface QueueLetters {
  readonly queue: string;
  readonly messages: number;
  readonly hidden: number;
  readonly oldest_sent_at: string | null;
  readonly letters: readonly DeadLetter[];
}

export interface DeadLetters {
  readonly messages: number;
  readonly queues: readonly QueueLetters[];
}

export interface Redriven {
  readonly moved: number;
  readonly left: number;
  readonly queues: readonly { readonly queue: string; readonly error: string | null }[];
}

/** Why queues stopped early; undefined where all went well. */
export function errorWords({ queues }: Pick<Redriven, 'queues'>): string | undefined {
  const told = queues.flatMap(({ queue, error }) => (error === null ? [] : [`${queue}: ${error}`]));
  return told.length === 0 ? undefined : told.join(' ');
}

/** What the relay did not do, by the kind of the message. */
export function workWords({ kind, attempt }: DeadLetter): string {
  switch (kind) {
    case 'task':
      return attempt === null ? 'an attempt' : `attempt ${attempt}`;
    case 'outcome':
      return 'an outcome that Get3W called back';
    case 'keep':
      return 'keeping its outputs';
    case 'event':
      return 'handing an event to its receivers';
    case 'lane':
      return 'sending webhooks';
    case 'job':
      return 'a step of a bulk job';
    case 'gate':
      return 'granting slots';
    case null:
      return 'a text that no version of the relay sends';
  }
}

interface Place {
  readonly to: string;
  readonly id: string;
}

/** The thing that a letter is about, as far as the page shows it. */
export function placeOf({ request_id: taskId, lane_id: laneId }: DeadLetter): Place | undefined {
  if (taskId !== null) return { to: `/tasks/${encodeURIComponent(taskId)}`, id: taskId };
  if (laneId === null || laneId.startsWith('url_')) return undefined;
  return { to: `/webhooks/${encodeURIComponent(laneId)}`, id: laneId };
}

export function causeWords({ cause }: DeadLetter): string {
  if (cause === null) return 'No cause is on record: the function timed out or crashed. Search its log for time-outs.';
  return `${cause.code ?? cause.name}: ${cause.text}`;
}

/** How often each cause is among the letters, the most frequent first. */
export function causesOf(letters: readonly DeadLetter[]): readonly { readonly name: string; readonly count: number }[] {
  const counts = new Map<string, number>();
  for (const { cause } of letters) {
    const name = cause === null ? 'no cause on record' : (cause.code ?? cause.name);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => ({ name, count })).sort((one, other) => other.count - one.count);
}
