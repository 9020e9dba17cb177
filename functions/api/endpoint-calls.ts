// The calls about webhook endpoints: register, show, change, delete, and rotate secrets. Only the call that creates a
// secret shows it. Other files send, replay and test.
import { forgiven } from '../../core/domain/webhook/lane.ts';
import { newSecret, rotateSecrets, secretsInForce } from '../../core/domain/webhook/webhook-secrets.ts';
import { publicKeyOf, schemeOf } from '../../core/domain/webhook/webhook-signature.ts';
import { documentedFailure, invalidParameter, ownFailure } from '../../core/http/http-failure.ts';
import { noneWaiting, publicEndpoint } from '../../core/http/public-webhook.ts';
import { commitOptimistically, tryPolicies } from '../../core/ports/optimistic-commit.ts';
import { askedAccount, shownTo } from './asked-account.ts';
import { readEndpoint, readOverlapMs } from './read-endpoint.ts';
import { sendLaneDoorbell } from '../../core/flows/send-lane-doorbell.ts';
import type { Account } from '../../core/domain/account.ts';
import type { WebhookSecret } from '../../core/domain/webhook/webhook-secrets.ts';
import type { AccountSigning, WebhookEndpoint } from '../../core/domain/webhook/webhook-endpoint.ts';
import type { Answer } from '../../core/http/answer.ts';
import type { HttpFailure } from '../../core/http/http-failure.ts';
import type { EndpointFields } from './read-endpoint.ts';
import type { PublicEndpoint, Waiting } from '../../core/http/public-webhook.ts';
import type { AccountStore } from '../../core/ports/ports.ts';
import type { Query } from '../../core/http/read-query.ts';
import type { Tried } from '../../core/ports/optimistic-commit.ts';
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

/** @throws HttpFailure 400 for an address that may not be called, as its name resolves now. */
async function requireCallable({ caller }: WebhookApiPorts, url: string): Promise<void> {
  const refusal = await caller.judge(url);
  if (refusal !== undefined) throw invalidParameter(`the url ${refusal}`);
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
export async function createEndpoint(ports: OwnerPorts, caller: Account, query: Query, body: string): Promise<Answer> {
  const account = await ownerOf(ports, caller, query);
  const fields = readEndpoint(body);
  const { url } = fields;
  if (url === undefined) throw invalidParameter('url is missing');
  await requireCallable(ports, url);
  const now = ports.clock.now();
  const secret = makeSecret(ports, 'v1');
  const bare: WebhookEndpoint = {
    id: `we_${ports.randomSource.id()}`,
    accountId: account.id,
    url,
    headers: {},
    shape: 'event',
    secrets: [secret],
    createdAt: now,
    updatedAt: now,
    version: 1,
  };
  const endpoint = withFields(ports, bare, fields);
  const endpointsMax = account.endpointsMax ?? ports.settings.shares.endpointsMax;
  if ((await ports.webhooks.createEndpoint(endpoint, endpointsMax)) === 'too-many') {
    // Not 429: waiting makes no room, only deleting an endpoint does.
    throw ownFailure('tooMany', `an account has ${endpointsMax} webhook endpoints at most`);
  }
  return {
    status: 201,
    body: { ...shownTo(caller, account.id, publicEndpoint(endpoint, undefined, now)), secret: secret.secret },
    ownerId: account.id,
    madeId: endpoint.id,
  };
}

function makeSecret({ randomSource, clock }: WebhookApiPorts, scheme: 'v1' | 'v1a'): WebhookSecret {
  return newSecret(scheme, () => randomSource.secret(), clock.now());
}

/** The endpoint with the fields of a body; fields that it does not mention stay. */
function withFields(ports: WebhookApiPorts, endpoint: WebhookEndpoint, fields: EndpointFields): WebhookEndpoint {
  const { description: oldText, events: oldEvents, ratePerSecond: oldRate, disabled: oldOff, ...kept } = endpoint;
  const description = changed(fields.description, oldText);
  const events = changed(fields.events, oldEvents);
  const rate = changed(fields.ratePerSecond, oldRate);
  const isDisabled = fields.isDisabled ?? oldOff !== undefined;
  const disabled = oldOff ?? { since: ports.clock.now(), reason: 'owner' as const };
  return {
    ...kept,
    url: fields.url ?? kept.url,
    headers: fields.headers ?? kept.headers,
    shape: fields.shape ?? kept.shape,
    secrets: fields.isAsymmetric === undefined ? kept.secrets : withScheme(ports, kept.secrets, fields.isAsymmetric),
    ...(typeof description === 'string' && { description }),
    ...(events && { events }),
    ...(typeof rate === 'number' && { ratePerSecond: rate }),
    ...(isDisabled && { disabled }),
  };
}

/** A field that a body does not mention stays; null removes it and is not an absence. */
function changed<Value>(wanted: Value | undefined, old: Value | undefined): Value | undefined {
  return wanted === undefined ? old : wanted;
}

function withScheme(
  ports: WebhookApiPorts,
  secrets: readonly WebhookSecret[],
  isAsymmetric: boolean,
): readonly WebhookSecret[] {
  const has = secrets.some(({ secret }) => schemeOf(secret) === 'v1a');
  if (isAsymmetric === has) return secrets;
  return isAsymmetric
    ? [...secrets, makeSecret(ports, 'v1a')]
    : secrets.filter(({ secret }) => schemeOf(secret) === 'v1');
}

export async function getEndpoint(ports: WebhookApiPorts, account: Account, endpointId: string): Promise<Answer> {
  return {
    status: 200,
    body: await showEndpoint(ports, account, await loadOwnEndpoint(ports, account, endpointId)),
  };
}

/** Changes an endpoint, on its newest version. */
function change(
  ports: WebhookApiPorts,
  account: Account,
  endpointId: string,
  turn: (endpoint: WebhookEndpoint) => WebhookEndpoint,
): Promise<{ readonly before: WebhookEndpoint; readonly after: WebhookEndpoint }> {
  return commitOptimistically(ports, {
    policy: tryPolicies.endpoint,
    attempt: async () => {
      const before = await loadOwnEndpoint(ports, account, endpointId);
      const after = { ...turn(before), updatedAt: ports.clock.now(), version: before.version + 1 };
      return (await ports.webhooks.saveEndpoint(after)) ? { result: { before, after } } : 'lost';
    },
    contended: () => ownFailure('changedByOthers', 'the endpoint is being changed by others; try again'),
  });
}

export async function updateEndpoint(
  ports: WebhookApiPorts,
  account: Account,
  endpointId: string,
  body: string,
): Promise<Answer> {
  const fields = readEndpoint(body);
  const { id } = await loadOwnEndpoint(ports, account, endpointId);
  if (fields.url !== undefined) await requireCallable(ports, fields.url);
  const { before, after } = await change(ports, account, id, (endpoint) => withFields(ports, endpoint, fields));
  const isMended = after.url !== before.url || (before.disabled !== undefined && after.disabled === undefined);
  if (isMended) {
    // The failures of the old address, and its disabling, prove nothing about the new one.
    await ports.webhooks.changeLane(id, forgiven);
    await sendLaneDoorbell(ports, { laneId: id, accountId: after.accountId });
  }
  return { status: 200, body: await showEndpoint(ports, account, after), ownerId: after.accountId };
}

/** The next holder of its lane finds what waits there, and it ends as exhausted. */
export async function deleteEndpoint(ports: WebhookApiPorts, account: Account, endpointId: string): Promise<Answer> {
  const endpoint = await loadOwnEndpoint(ports, account, endpointId);
  const { accountId } = endpoint;
  const shown = await showEndpoint(ports, account, endpoint);
  if (!(await ports.webhooks.deleteEndpoint(accountId, endpoint.id))) throw documentedFailure(404);
  await sendLaneDoorbell(ports, { laneId: endpoint.id, accountId });
  return { status: 200, body: shown, ownerId: accountId };
}

function tooMany(): HttpFailure {
  return ownFailure('tooMany', 'too many secrets still overlap; wait, or rotate with overlap_seconds 0');
}

/** New secrets of every scheme that the old ones cover. */
function rotated(
  ports: WebhookApiPorts,
  secrets: readonly WebhookSecret[],
  overlapMs: number,
): readonly WebhookSecret[] {
  const now = ports.clock.now();
  const schemes = new Set(secretsInForce(secrets, now).map(({ secret }) => schemeOf(secret)));
  return [...schemes].reduce((current, scheme) => {
    const next = rotateSecrets(current, makeSecret(ports, scheme), { now, overlapMs });
    if (!next) throw tooMany();
    return next;
  }, secrets);
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
  const { after } = await change(ports, account, endpointId, (endpoint) => ({
    ...endpoint,
    secrets: rotated(ports, endpoint.secrets, overlapMs),
  }));
  return { ...rotationAnswer(ports, after.secrets, overlapMs), ownerId: after.accountId };
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
  const answer = (secrets: readonly WebhookSecret[]): Answer => ({
    ...rotationAnswer(ports, secrets, overlapMs),
    ownerId: accountId,
    madeId: accountId,
  });
  const attempt = async (): Promise<Tried<Answer>> => {
    const before = await ports.webhooks.loadSigning(accountId);
    const secrets = before ? rotated(ports, before.secrets, overlapMs) : [makeSecret(ports, 'v1')];
    const after: AccountSigning = { accountId, secrets, version: (before?.version ?? 0) + 1 };
    return (await ports.webhooks.saveSigning(after)) ? { result: answer(secrets) } : 'lost';
  };
  const contended = (): Error => ownFailure('changedByOthers', 'the secret is being rotated by others; try again');
  return commitOptimistically(ports, { policy: tryPolicies.endpoint, attempt, contended });
}
