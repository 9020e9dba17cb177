// The calls about deliveries: the state of a task's or an endpoint's webhooks, and sending one of them again.
// A delivery that was given up is listed until it is replayed or expires; recover-endpoint.ts recovers many at once.
import { callCauses } from '../../core/domain/webhook/delivery-filter.ts';
import { deliveryStatuses } from '../../core/domain/webhook/delivery.ts';
import { limits } from '../../core/domain/limits.ts';
import { RelayError } from '../../core/domain/relay-error.ts';
import { deliveryKeysOf } from '../../core/flows/erase-task.ts';
import { replayNow, requireEnabled } from '../../core/flows/replay-delivery.ts';
import { deliveryCodeOf } from '../../core/http/delivery-code.ts';
import { documentedFailure, invalidParameter, ownFailure } from '../../core/http/http-failure.ts';
import { publicDelivery } from '../../core/http/public-webhook.ts';
import { readMoment } from '../../core/http/read-query.ts';
import { loadOwnEndpoint } from './endpoint-calls.ts';
import { shownTo } from './asked-account.ts';
import { fittingRows } from './fitting-rows.ts';
import { loadOwnTask, readOwnTask } from './task-calls.ts';
import { readLimit } from './task-filter.ts';
import type { Account } from '../../core/domain/account.ts';
import type { Delivery } from '../../core/domain/webhook/delivery.ts';
import type { DeliveryFilter } from '../../core/domain/webhook/delivery-filter.ts';
import type { Lane } from '../../core/domain/webhook/lane.ts';
import type { WebhookEndpoint } from '../../core/domain/webhook/webhook-endpoint.ts';
import type { Answer } from '../../core/http/answer.ts';
import type { HttpFailure } from '../../core/http/http-failure.ts';
import type { Query } from '../../core/http/read-query.ts';
import type { WebhookApiPorts } from './webhook-ports.ts';

const deliveryIdPattern = /^dlv_[0-9a-f]{32}$/;

/** Newest event first, with the endpoint's address for each delivery that has one. */
export async function taskDeliveries(
  ports: WebhookApiPorts,
  account: Account,
  taskId: string,
  query: Query,
): Promise<Answer> {
  const { webhooks } = ports;
  const { task } = await readOwnTask(ports, account, taskId);
  const after = readTaskCursor(task.id, query['cursor']);
  const limit = query['limit'] === undefined ? limits.pageSizeMax : readLimit(query['limit']);
  const [keys, endpoints] = await Promise.all([deliveryKeysOf(ports, task), webhooks.listEndpoints(task.accountId)]);
  const known = new Map(endpoints.map((endpoint) => [endpoint.id, endpoint]));
  const left = keys.filter(({ id }) => after === undefined || id < after).toSorted(newestFirst);
  const page = left.slice(0, limit);
  const found = (await webhooks.loadDeliveries(page)).toSorted(newestFirst);
  const now = ports.clock.now();
  const lanes = await lanesOf(ports, found);
  const data = fittingRows(
    found.map((one) => {
      const receiver = { endpoint: known.get(one.laneId), lane: lanes.get(one.laneId) };
      return shownTo(account, one.accountId, publicDelivery(one, receiver, now));
    }),
  );
  const last = data.length < found.length ? data.at(-1) : left.length > limit ? page.at(-1) : undefined;
  return { status: 200, body: { data, next_cursor: last ? writeTaskCursor(task.id, last.id) : null } };
}

/** Of what is pending only: for the rest nothing waits. A task has one receiver for each endpoint at most. */
async function lanesOf({ webhooks }: WebhookApiPorts, found: readonly Delivery[]): Promise<ReadonlyMap<string, Lane>> {
  const pending = found.filter(({ status }) => status === 'pending');
  const ids = [...new Set(pending.map(({ laneId }) => laneId))];
  const lanes = await Promise.all(ids.map((laneId) => webhooks.loadLane(laneId)));
  return new Map(lanes.flatMap((lane) => (lane ? [[lane.id, lane] as const] : [])));
}

/** By ids, which begin with the time of their event. */
function newestFirst(one: Pick<Delivery, 'id'>, other: Pick<Delivery, 'id'>): number {
  return one.id > other.id ? -1 : 1;
}

/** Opaque to clients, and bound to its task, so that a cursor of another list is detected. */
function writeTaskCursor(taskId: string, id: string): string {
  return Buffer.from(`${taskId} ${id}`).toString('base64url');
}

/** @throws HttpFailure 400 for anything else. */
function readTaskCursor(taskId: string, cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  const [ofTask, id = ''] = Buffer.from(cursor, 'base64url').toString().split(' ');
  if (ofTask === taskId && deliveryIdPattern.test(id)) return id;
  throw foreignCursor();
}

function foreignCursor(): HttpFailure {
  return invalidParameter('cursor was not returned by this list');
}

export async function endpointDeliveries(
  ports: WebhookApiPorts,
  account: Account,
  endpointId: string,
  query: Query,
): Promise<Answer> {
  const endpoint = await loadOwnEndpoint(ports, account, endpointId);
  const status = deliveryStatuses.find((known) => known === query['status']);
  if (query['status'] !== undefined && status === undefined) {
    throw invalidParameter(`status must be one of ${deliveryStatuses.join(', ')}`);
  }
  const filter = readDeliveryFilter(query);
  try {
    const page = await ports.webhooks.listDeliveries({
      ...filter,
      laneId: endpoint.id,
      limit: readLimit(query['limit']),
      status,
      cursor: query['cursor'],
    });
    const receiver = { endpoint, lane: await ports.webhooks.loadLane(endpoint.id) };
    const now = ports.clock.now();
    const found = page.deliveries.map((one) => shownTo(account, one.accountId, publicDelivery(one, receiver, now)));
    const data = fittingRows(found);
    const last = data.length < found.length ? data.at(-1) : undefined;
    const next = last ? ports.webhooks.deliveryCursorAfter({ laneId: endpoint.id, id: last.id }) : page.cursor;
    return { status: 200, body: { data, next_cursor: next ?? null } };
  } catch (error) {
    if (error instanceof RelayError && error.code === 'bad-cursor') {
      throw foreignCursor();
    }
    throw error;
  }
}

/** @throws HttpFailure 400. */
function readDeliveryFilter({ from, to, code }: Query): DeliveryFilter {
  const fromMs = from === undefined ? undefined : readMoment('from', from);
  const toMs = to === undefined ? undefined : readMoment('to', to);
  if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs) throw invalidParameter('from must be before to');
  return { fromMs, toMs, met: code === undefined ? undefined : readMet(code) };
}

function readMet(code: string): DeliveryFilter['met'] {
  const met = deliveryCodeOf(code);
  if (met !== undefined) return met;
  throw invalidParameter(`code must be an HTTP status from 100 to 599, or one of ${callCauses.join(', ')}`);
}

export async function replayTaskDelivery(
  ports: WebhookApiPorts,
  account: Account,
  taskId: string,
  deliveryId: string,
): Promise<Answer> {
  const { webhooks } = ports;
  const task = await loadOwnTask(ports, account, taskId);
  const key = (await deliveryKeysOf(ports, task)).find(({ id }) => id === deliveryId);
  const [delivery] = key ? await webhooks.loadDeliveries([key]) : [];
  if (!delivery) throw documentedFailure(404);
  const endpoint =
    delivery.url === undefined ? await webhooks.loadEndpoint(task.accountId, delivery.laneId) : undefined;
  if (delivery.url === undefined && !endpoint) throw ownFailure('endpointUnusable', 'the endpoint was deleted');
  if (endpoint) requireEnabled(endpoint);
  return replay(ports, account, delivery, endpoint);
}

export async function replayEndpointDelivery(
  ports: WebhookApiPorts,
  account: Account,
  endpointId: string,
  deliveryId: string,
): Promise<Answer> {
  const endpoint = await loadOwnEndpoint(ports, account, endpointId);
  const [delivery] = await ports.webhooks.loadDeliveries([{ laneId: endpoint.id, id: deliveryId }]);
  if (!delivery) throw documentedFailure(404);
  requireEnabled(endpoint);
  return replay(ports, account, delivery, endpoint);
}

async function replay(
  ports: WebhookApiPorts,
  account: Account,
  delivery: Delivery,
  endpoint: WebhookEndpoint | undefined,
): Promise<Answer> {
  const replayed = await replayNow(ports, delivery);
  const { accountId } = delivery;
  // Its lane is forgiven: nothing keeps it now.
  const shown = publicDelivery(replayed, { endpoint, lane: undefined }, ports.clock.now());
  return { status: 200, body: shownTo(account, accountId, shown), ownerId: accountId };
}
