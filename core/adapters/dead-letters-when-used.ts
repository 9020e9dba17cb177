// The dead-letter queues, loaded with their first use: most processes of the api never read one.
// sqs-dead-letters.ts makes the calls.
import type { Queue } from '../contract/messages.ts';
import type { DeadLetterQueues } from '../ports/dead-letters.ts';

/** {@link DeadLetterQueues} whose module is loaded by the first call. */
export function makeDeadLettersWhenUsed(queueUrls: Readonly<Record<Queue, string>>): DeadLetterQueues {
  let loading: Promise<DeadLetterQueues> | undefined;
  const loaded = (): Promise<DeadLetterQueues> =>
    (loading ??= import('./sqs-dead-letters.ts').then(({ makeLearnedDeadLetters }) =>
      makeLearnedDeadLetters(queueUrls),
    ));
  return {
    count: async (queue) => (await loaded()).count(queue),
    peek: async (queue, max) => (await loaded()).peek(queue, max),
    redrive: async (queue, options) => (await loaded()).redrive(queue, options),
  };
}
