// The calls about dead letters, for operators: what each queue has, and sending it back once the cause is fixed.
// Both are bounded by number and by time, and say what is left; core/flows/dead-letters.ts does the work.
import { SECOND_MS } from '../../core/domain/time-ms.ts';
import { queueNames } from '../../core/contract/messages.ts';
import { audited } from '../../core/flows/audited.ts';
import { actOfRedrive, readDeadLetters, redriveDeadLetters, wholeFailureOf } from '../../core/flows/dead-letters.ts';
import { invalidParameter } from '../../core/http/http-failure.ts';
import { publicDeadLetter } from '../../core/http/public-dead-letter.ts';
import { readJsonObject } from '../../core/http/read-json-object.ts';
import { readReason, refuseUnknown } from './read-body-fields.ts';
import { actorOf } from './serve-audited.ts';
import { readLimit } from './task-filter.ts';
import type { Queue } from '../../core/contract/messages.ts';
import type { LettersOfQueue, Redriven } from '../../core/flows/dead-letters.ts';
import type { Answer } from '../../core/http/answer.ts';
import type { Query } from '../../core/http/read-query.ts';
import type { ApiPorts } from './api-ports.ts';
import type { Call } from './call.ts';

/** Of one queue in one call. */
const REDRIVEN_MAX = 1_000;
/** The last send and its delete may take eight seconds each after it: with them, less than the API's 29 seconds. */
const REDRIVING_MS = 8 * SECOND_MS;

const ALL_QUEUES = 'all';

/** @throws HttpFailure 400. */
function readQueues(text: unknown): readonly Queue[] {
  if (text === ALL_QUEUES) return queueNames;
  const queue = queueNames.find((name) => name === text);
  if (queue) return [queue];
  throw invalidParameter(`queue must be one of ${queueNames.join(', ')}, or ${ALL_QUEUES}`);
}

function shown({ queue, messages, hidden, letters }: LettersOfQueue) {
  const [oldest] = letters;
  return {
    queue,
    messages,
    hidden,
    oldest_sent_at: oldest ? new Date(oldest.sentAt).toISOString() : null,
    letters: letters.map(publicDeadLetter),
  };
}

export async function listDeadLetters(ports: ApiPorts, query: Query): Promise<Answer> {
  const queues = readQueues(query['queue'] ?? ALL_QUEUES);
  const limit = readLimit(query['limit']);
  const found = await Promise.all(queues.map((queue) => readDeadLetters(ports, queue, limit)));
  const messages = found.reduce((sum, { messages: count }) => sum + count, 0);
  return { status: 200, body: { messages, queues: found.map(shown) } };
}

/** The text of a fault may quote anything: its name is told, and the log has the rest. */
function shownRedriven({ log }: Pick<ApiPorts, 'log'>, { queue, moved, left, failure }: Redriven) {
  if (failure) log.error('Dead letters could not be sent back', { queue, error: failure });
  const error = failure
    ? `It stopped early with ${failure.name}, which the log of the api function explains: send back again.`
    : null;
  return { queue, moved, left, error };
}

/** @throws HttpFailure 400, and what failed where no queue went well and nothing was moved. */
export async function redriveLetters(ports: ApiPorts, { caller, body }: Call): Promise<Answer> {
  const fields = readJsonObject(body);
  refuseUnknown(fields, ['queue', 'reason'], 'the body');
  const queues = readQueues(fields['queue']);
  const reason = readReason(fields['reason']);
  const act = {
    actor: actorOf(caller),
    action: 'dead-letters.redrive',
    target: String(fields['queue']),
    ...(reason !== undefined && { reason }),
  } as const;
  const stopAt = ports.clock.now() + REDRIVING_MS;
  const isOver = (): boolean => ports.clock.now() >= stopAt;
  const work = async (): Promise<readonly Redriven[]> => {
    const all = await Promise.all(
      queues.map((queue) => redriveDeadLetters(ports, queue, { max: REDRIVEN_MAX, isOver })),
    );
    const failure = wholeFailureOf(all);
    if (failure) throw failure;
    return all;
  };
  const done = await audited(ports, act, work, (all) => actOfRedrive(all));
  const sumOf = (name: 'moved' | 'left'): number => done.reduce((sum, one) => sum + (one[name] ?? 0), 0);
  const shownQueues = done.map((one) => shownRedriven(ports, one));
  return { status: 200, body: { moved: sumOf('moved'), left: sumOf('left'), queues: shownQueues } };
}
