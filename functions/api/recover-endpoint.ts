// Reads what a recovery of an endpoint's webhooks is asked for, and answers how far a step of it got: the next call
// continues from its cursor. core/flows/recover-endpoint.ts takes the step.
import { recoverEndpoint, recoveryStart } from '../../core/flows/recover-endpoint.ts';
import { readEventCursor, writeEventCursor } from '../../core/http/event-cursor.ts';
import { invalidParameter } from '../../core/http/http-failure.ts';
import { readBodyFields } from '../../core/http/read-endpoint.ts';
import { momentOf } from '../../core/http/read-query.ts';
import { loadOwnEndpoint } from './endpoint-calls.ts';
import type { Account } from '../../core/domain/account.ts';
import type { EventPlace } from '../../core/ports/webhook-ports.ts';
import type { Answer } from '../../core/http/answer.ts';
import type { WebhookApiPorts } from './webhook-ports.ts';

interface Recovery {
  readonly since: string;
  readonly after: EventPlace;
}

function readRecovery(body: string): Recovery {
  const { since, cursor } = readBodyFields(body, ['since', 'cursor']);
  const from = momentOf(since);
  if (from === undefined) throw invalidParameter('since must be a moment in ISO 8601, such as 2026-01-31T12:00:00Z');
  if (cursor !== undefined && cursor !== null && typeof cursor !== 'string')
    throw invalidParameter('cursor must be a string');
  const after = typeof cursor === 'string' ? readEventCursor(cursor) : recoveryStart(from);
  return { since: new Date(from).toISOString(), after };
}

/** @throws HttpFailure 400, 404, or 409 for an endpoint that is disabled or being recovered. */
export async function recoverOwnEndpoint(
  ports: WebhookApiPorts,
  account: Account,
  endpointId: string,
  body: string,
): Promise<Answer> {
  const { since, after } = readRecovery(body);
  const load = () => loadOwnEndpoint(ports, account, endpointId);
  const { endpoint, tally, reached } = await recoverEndpoint(ports, load, after);
  const next = reached && writeEventCursor(reached);
  return {
    status: 200,
    body: { since, done: !reached, ...tally, next_cursor: next ?? null },
    ownerId: endpoint.accountId,
  };
}
