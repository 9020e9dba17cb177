// The calls about webhook endpoints: register, show, change, delete, test, and rotate secrets. Only the call that creates a
// secret shows it. core/flows/change-endpoint.ts does what they ask for; other files send and replay.
import { publicKeyOf, schemeOf } from '../../core/domain/webhook/webhook-signature.ts';
import {
  createEndpoint,
  deleteEndpoint,
  rotateEndpoint,
  rotateSigning,
  updateEndpoint,
} from '../../core/flows/change-endpoint.ts';
import { testEndpoint } from '../../core/flows/test-endpoint.ts';
import { documentedFailure } from '../../core/http/http-failure.ts';
import { noneWaiting, publicEndpoint } from '../../core/http/public-webhook.ts';
import { readEndpoint, readOverlapMs } from '../../core/http/read-endpoint.ts';
import { askedAccount, shownTo } from './asked-account.ts';
import type { Account } from '../../core/domain/account.ts';
import type { WebhookSecret } from '../../core/domain/webhook/webhook-secrets.ts';
import type { WebhookEndpoint } from '../../core/domain/webhook/webhook-endpoint.ts';
import type { Answer } from '../../core/http/answer.ts';
import type { PublicEndpoint, Waiting } from '../../core/http/public-webhook.ts';
import type { AccountStore } from '../../core/ports/ports.ts';
import type { Query } from '../../core/http/read-query.ts';
import type { WebhookApiPorts } from './webhook-ports.ts';

const endpointIdPattern = /^we_[0-9a-f-]{36}$/;

/** @throws HttpFailure 404 for an id that is unknown or malformed, or another account's unless an operator calls. */
export async function loadOwnEndpoint(
  { webhooks }: WebhookApiPorts,
  account: Account,
  spelt: string,
): Promise<WebhookEndpoint> {
  const endpointId = spelt.toLowerCase();
  if (!endpointIdPattern.test(endpointId)) throw documentedFailure(404);
  const own = await webhooks.loadEndpoint(account.id, endpointId);
  const endpoint = own ?? (account.isOperator ? await webhooks.findEndpoint(endpointId) : undefined);
  if (!endpoint) throw documentedFailure(404);
  return endpoint;
}

export async function showEndpoint(
  ports: WebhookApiPorts,
  caller: Account,
  endpoint: WebhookEndpoint,
): Promise<PublicEndpoint> {
  const lane = await ports.webhooks.loadLane(endpoint.id);
  // Nothing waits in most lanes, and those cost no read.
  const waiting = lane?.undeliveredSince === undefined ? noneWaiting : await countWaiting(ports, endpoint.id);
  const shown = publicEndpoint(endpoint, lane, ports.clock.now(), waiting);
  return shownTo(caller, endpoint.accountId, shown);
}

/** Deliveries counted, at most: who looks wants to know whether it is a few or many. */
const WAITING_COUNTED_MAX = 100;

async function countWaiting({ webhooks }: WebhookApiPorts, laneId: string): Promise<Waiting> {
  const entries = await webhooks.laneEntries(laneId, WAITING_COUNTED_MAX + 1);
  return { pending: Math.min(entries.length, WAITING_COUNTED_MAX), isMore: entries.length > WAITING_COUNTED_MAX };
}

type OwnerPorts = WebhookApiPorts & { readonly accounts: Pick<AccountStore, 'loadAccount'> };

/** The caller, or the account that an operator names. @throws HttpFailure 403, or 404 for one that does not exist. */
async function ownerOf({ accounts }: OwnerPorts, caller: Account, query: Query): Promise<Account> {
  const asked = askedAccount(caller, query['account']);
  const owner = asked === caller.id ? caller : await accounts.loadAccount(asked);
  if (!owner) throw documentedFailure(404);
  return owner;
}

/** @throws HttpFailure 400, or 409 when the account has as many as it may have. */
export async function createOwnEndpoint(
  ports: OwnerPorts,
  caller: Account,
  query: Query,
  body: string,
): Promise<Answer> {
  const account = await ownerOf(ports, caller, query);
  const { endpoint, secret } = await createEndpoint(ports, account, readEndpoint(body));
  const shown = publicEndpoint(endpoint, undefined, endpoint.createdAt);
  return {
    status: 201,
    body: { ...shownTo(caller, account.id, shown), secret },
    ownerId: account.id,
    madeId: endpoint.id,
  };
}

export async function getEndpoint(ports: WebhookApiPorts, account: Account, endpointId: string): Promise<Answer> {
  return {
    status: 200,
    body: await showEndpoint(ports, account, await loadOwnEndpoint(ports, account, endpointId)),
  };
}

export async function updateOwnEndpoint(
  ports: WebhookApiPorts,
  account: Account,
  endpointId: string,
  body: string,
): Promise<Answer> {
  const fields = readEndpoint(body);
  const after = await updateEndpoint(ports, () => loadOwnEndpoint(ports, account, endpointId), fields);
  return { status: 200, body: await showEndpoint(ports, account, after), ownerId: after.accountId };
}

export async function deleteOwnEndpoint(ports: WebhookApiPorts, account: Account, endpointId: string): Promise<Answer> {
  const endpoint = await loadOwnEndpoint(ports, account, endpointId);
  const shown = await showEndpoint(ports, account, endpoint);
  await deleteEndpoint(ports, endpoint);
  return { status: 200, body: shown, ownerId: endpoint.accountId };
}

/** @throws HttpFailure 404. */
export async function testOwnEndpoint(ports: WebhookApiPorts, account: Account, endpointId: string): Promise<Answer> {
  const endpoint = await loadOwnEndpoint(ports, account, endpointId);
  return { status: 200, body: await testEndpoint(ports, endpoint), ownerId: endpoint.accountId };
}

function rotationAnswer(ports: WebhookApiPorts, secrets: readonly WebhookSecret[], overlapMs: number): Answer {
  const newest = (scheme: 'v1' | 'v1a') => secrets.find(({ secret }) => schemeOf(secret) === scheme)?.secret;
  const asymmetric = newest('v1a');
  return {
    status: 200,
    body: {
      secret: newest('v1'),
      public_key: asymmetric === undefined ? null : publicKeyOf(asymmetric),
      previous_valid_until: new Date(ports.clock.now() + overlapMs).toISOString(),
    },
  };
}

export async function rotateEndpointSecret(
  ports: WebhookApiPorts,
  account: Account,
  endpointId: string,
  body: string,
): Promise<Answer> {
  const overlapMs = readOverlapMs(body, ports.settings.deliveries.secretOverlapMs);
  const load = () => loadOwnEndpoint(ports, account, endpointId);
  const { secrets, accountId } = await rotateEndpoint(ports, load, overlapMs);
  return { ...rotationAnswer(ports, secrets, overlapMs), ownerId: accountId };
}

/** The secret of the account's `?webhook=` calls; an account learns it by the first rotation. */
export async function rotateWebhookSecret(
  ports: OwnerPorts,
  caller: Account,
  query: Query,
  body: string,
): Promise<Answer> {
  const { id: accountId } = await ownerOf(ports, caller, query);
  const overlapMs = readOverlapMs(body, ports.settings.deliveries.secretOverlapMs);
  const secrets = await rotateSigning(ports, accountId, overlapMs);
  return { ...rotationAnswer(ports, secrets, overlapMs), ownerId: accountId, madeId: accountId };
}
