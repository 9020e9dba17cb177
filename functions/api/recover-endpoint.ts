// Brings an endpoint everything that it should have had since a moment and has not taken: what was given up, what
// waits for a later attempt, and what happened while it was disabled or not there. In bounded steps: each call works
// off some events and tells how far it got, and the next goes on from its cursor.
import { decideDelivery, roundMs } from '../../core/domain/webhook/decide-delivery.ts';
import { deliveryIdOf, newDelivery } from '../../core/domain/webhook/delivery.ts';
import { forgiven } from '../../core/domain/webhook/lane.ts';
import { LIMITS } from '../../core/domain/limits.ts';
import { wantsEvent } from '../../core/domain/webhook/webhook-endpoint.ts';
import { invalidParameter } from '../../core/http/http-failure.ts';
import { replayDelivery, requireEnabled } from './delivery-calls.ts';
import { loadOwnEndpoint } from './endpoint-calls.ts';
import { readEventCursor, writeEventCursor } from './event-calls.ts';
import { readBodyFields, readMoment } from './read-endpoint.ts';
import { ringLane } from './ring-lane.ts';
import type { Account } from '../../core/domain/account.ts';
import type { EventPlace } from '../../core/ports/webhook-ports.ts';
import type { LoggedEvent } from '../../core/domain/webhook/outbox-event.ts';
import type { WebhookEndpoint } from '../../core/domain/webhook/webhook-endpoint.ts';
import type { Answer } from '../../core/http/answer.ts';
import type { WebhookApiPorts } from './webhook-ports.ts';

/** Events read in one go; a page of the largest ones stays well below what one query answers. */
const PAGE_EVENTS = 100;
/** Deliveries written at once. */
const WRITES_AT_ONCE = 10;

interface Recovery {
  readonly since: string;
  readonly after: EventPlace;
}

const readRecovery = (body: string): Recovery => {
  const { since, cursor } = readBodyFields(body, ['since', 'cursor']);
  const from = readMoment(since);
  if (from === undefined) throw invalidParameter('since must be a moment as ISO 8601');
  if (cursor !== undefined && cursor !== null && typeof cursor !== 'string')
    throw invalidParameter('cursor must be a text');
  const after = typeof cursor === 'string' ? readEventCursor(cursor) : { position: from - 1, id: '\uffff' };
  return { since: new Date(from).toISOString(), after: { ...after, position: Math.max(0, after.position) } };
};

interface Tally {
  /** Events of the account that were looked at. */
  examined: number;
  /** Deliveries that will be sent: replayed, or made for events that never had one. */
  recovered: number;
  /** Events that the endpoint has taken already, or does not want. */
  skipped: number;
}

/** @throws HttpFailure 400, 404, or 409 for a disabled endpoint. */
export const recoverEndpoint = async (
  ports: WebhookApiPorts,
  account: Account,
  endpointId: string,
  body: string,
): Promise<Answer> => {
  const { since, after: start } = readRecovery(body);
  const endpoint = await loadOwnEndpoint(ports, account, endpointId);
  requireEnabled(endpoint);
  const tally: Tally = { examined: 0, recovered: 0, skipped: 0 };
  let after = start;
  let isDone = false;
  while (!isDone && tally.examined < LIMITS.recoveryEventsMax) {
    const page = await ports.webhooks.readEvents(account.id, after, PAGE_EVENTS);
    await recoverPage(ports, endpoint, page, tally);
    const last = page.at(-1);
    isDone = last === undefined;
    if (last) after = { position: last.position, id: last.event.id };
  }
  if (tally.recovered > 0) {
    await ports.webhooks.changeLane(endpoint.id, forgiven);
    await ringLane(ports, { laneId: endpoint.id, accountId: account.id });
  }
  return {
    status: 200,
    body: { since, done: isDone, ...tally, next_cursor: isDone ? null : writeEventCursor(after) },
  };
};

const recoverPage = async (
  ports: WebhookApiPorts,
  endpoint: WebhookEndpoint,
  page: readonly LoggedEvent[],
  tally: Tally,
): Promise<void> => {
  tally.examined += page.length;
  const wanted = page.filter(({ event }) => wantsEvent(endpoint, event) && event.data['endpoint_id'] !== endpoint.id);
  const keys = wanted.map(({ event }) => ({ laneId: endpoint.id, id: deliveryIdOf(event, endpoint.id) }));
  const known = new Map((await ports.webhooks.loadDeliveries(keys)).map((delivery) => [delivery.id, delivery]));
  const left = [...wanted];
  const worker = async (): Promise<void> => {
    for (let logged = left.shift(); logged; logged = left.shift()) {
      const delivery = known.get(deliveryIdOf(logged.event, endpoint.id));
      if (delivery?.status === 'delivered') continue;
      if (delivery) await replayDelivery(ports, delivery);
      else await addReplay(ports, endpoint, logged);
      tally.recovered += 1;
    }
  };
  const before = tally.recovered;
  await Promise.all(Array.from({ length: Math.min(WRITES_AT_ONCE, left.length) }, worker));
  tally.skipped += page.length - (tally.recovered - before);
};

/** A delivery that never was, as a replay: what is fresh goes before it. */
const addReplay = async (ports: WebhookApiPorts, endpoint: WebhookEndpoint, logged: LoggedEvent): Promise<void> => {
  const { clock, randomSource, settings, webhooks } = ports;
  const now = clock.now();
  const made = newDelivery({ logged, laneId: endpoint.id, now, expiresAt: now + roundMs(settings.deliveries) });
  const context = { now, random: () => randomSource.random(), settings: settings.deliveries };
  const decision = decideDelivery(made, { type: 'replay-requested' }, context);
  const replayed = decision.kind === 'changed' ? decision.delivery : made;
  // Made by another meanwhile, it stands where that one says.
  await webhooks.enqueue((await webhooks.addDelivery(replayed)) ?? replayed);
};
