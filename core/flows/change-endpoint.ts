// Webhook endpoints made, changed and deleted, and secrets rotated: what the calls of the api and the command line do
// alike. A caller says whose the endpoint is and how it is found; read-endpoint.ts reads what is wanted.
import { forgiven } from '../domain/webhook/lane.ts';
import { newSecret, rotateSecrets, secretsInForce } from '../domain/webhook/webhook-secrets.ts';
import { schemeOf } from '../domain/webhook/webhook-signature.ts';
import { documentedFailure, invalidParameter, ownFailure } from '../http/http-failure.ts';
import { commitOptimistically, tryPolicies } from '../ports/optimistic-commit.ts';
import { sendLaneDoorbell } from './send-lane-doorbell.ts';
import type { Account } from '../domain/account.ts';
import type { AccountSigning, WebhookEndpoint } from '../domain/webhook/webhook-endpoint.ts';
import type { WebhookSecret } from '../domain/webhook/webhook-secrets.ts';
import type { HttpFailure } from '../http/http-failure.ts';
import type { EndpointFields } from '../http/read-endpoint.ts';
import type { EndpointPorts } from '../ports/endpoint-ports.ts';
import type { Tried } from '../ports/optimistic-commit.ts';

/** Finds the endpoint that is meant, or throws. */
type LoadEndpoint = () => Promise<WebhookEndpoint>;

interface MadeEndpoint {
  readonly endpoint: WebhookEndpoint;
  /** Shown once. */
  readonly secret: string;
}

/** @throws HttpFailure 400 for an address that may not be called, as its name resolves now. */
async function requireCallable({ caller }: EndpointPorts, url: string): Promise<void> {
  const refusal = await caller.judge(url);
  if (refusal !== undefined) throw invalidParameter(`the url ${refusal}`);
}

/** @throws HttpFailure 400, or 409 when the account has as many as it may have. */
export async function createEndpoint(
  ports: EndpointPorts,
  account: Pick<Account, 'id' | 'endpointsMax'>,
  fields: EndpointFields,
): Promise<MadeEndpoint> {
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
  return { endpoint, secret: secret.secret };
}

function makeSecret(
  { randomSource, clock }: Pick<EndpointPorts, 'randomSource' | 'clock'>,
  scheme: 'v1' | 'v1a',
): WebhookSecret {
  return newSecret(scheme, () => randomSource.secret(), clock.now());
}

/** The endpoint with the fields of a body; fields that it does not mention stay. */
function withFields(ports: EndpointPorts, endpoint: WebhookEndpoint, fields: EndpointFields): WebhookEndpoint {
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
  ports: EndpointPorts,
  secrets: readonly WebhookSecret[],
  isAsymmetric: boolean,
): readonly WebhookSecret[] {
  const has = secrets.some(({ secret }) => schemeOf(secret) === 'v1a');
  if (isAsymmetric === has) return secrets;
  return isAsymmetric
    ? [...secrets, makeSecret(ports, 'v1a')]
    : secrets.filter(({ secret }) => schemeOf(secret) === 'v1');
}

/** Changes an endpoint, on its newest version. */
function change(
  ports: EndpointPorts,
  load: LoadEndpoint,
  turn: (endpoint: WebhookEndpoint) => WebhookEndpoint,
): Promise<{ readonly before: WebhookEndpoint; readonly after: WebhookEndpoint }> {
  return commitOptimistically(ports, {
    policy: tryPolicies.endpoint,
    attempt: async () => {
      const before = await load();
      const after = { ...turn(before), updatedAt: ports.clock.now(), version: before.version + 1 };
      return (await ports.webhooks.saveEndpoint(after)) ? { result: { before, after } } : 'lost';
    },
    contended: () => ownFailure('changedByOthers', 'the endpoint is being changed by others; try again'),
  });
}

/** @throws HttpFailure 400 for an address that may not be called, 409 when others keep changing it. */
export async function updateEndpoint(
  ports: EndpointPorts,
  load: LoadEndpoint,
  fields: EndpointFields,
): Promise<WebhookEndpoint> {
  // Before the address is judged, which may take a while: an unknown endpoint needs none.
  await load();
  if (fields.url !== undefined) await requireCallable(ports, fields.url);
  const { before, after } = await change(ports, load, (endpoint) => withFields(ports, endpoint, fields));
  const { id: laneId, accountId } = after;
  const isMended = after.url !== before.url || (before.disabled !== undefined && after.disabled === undefined);
  if (isMended) {
    // The failures of the old address, and its disabling, prove nothing about the new one.
    await ports.webhooks.changeLane(laneId, forgiven);
    await sendLaneDoorbell(ports, { laneId, accountId });
  }
  return after;
}

/** The next holder of its lane finds what waits there, and it ends as exhausted. @throws HttpFailure 404. */
export async function deleteEndpoint(
  ports: Omit<EndpointPorts, 'caller'>,
  { id: laneId, accountId }: WebhookEndpoint,
): Promise<void> {
  if (!(await ports.webhooks.deleteEndpoint(accountId, laneId))) throw documentedFailure(404);
  await sendLaneDoorbell(ports, { laneId, accountId });
}

function tooMany(): HttpFailure {
  return ownFailure('tooMany', 'too many secrets still overlap; wait, or rotate with overlap_seconds 0');
}

/** New secrets of every scheme that the old ones cover. */
function rotated(ports: EndpointPorts, secrets: readonly WebhookSecret[], overlapMs: number): readonly WebhookSecret[] {
  const now = ports.clock.now();
  const schemes = new Set(secretsInForce(secrets, now).map(({ secret }) => schemeOf(secret)));
  return [...schemes].reduce((current, scheme) => {
    const next = rotateSecrets(current, makeSecret(ports, scheme), { now, overlapMs });
    if (!next) throw tooMany();
    return next;
  }, secrets);
}

/** @throws HttpFailure 409 when too many secrets overlap, or others keep changing it. */
export async function rotateEndpoint(
  ports: EndpointPorts,
  load: LoadEndpoint,
  overlapMs: number,
): Promise<WebhookEndpoint> {
  const { after } = await change(ports, load, (endpoint) => ({
    ...endpoint,
    secrets: rotated(ports, endpoint.secrets, overlapMs),
  }));
  return after;
}

/** The secrets of the account's `?webhook=` calls; an account learns them by the first rotation. */
export function rotateSigning(
  ports: EndpointPorts,
  accountId: string,
  overlapMs: number,
): Promise<readonly WebhookSecret[]> {
  const attempt = async (): Promise<Tried<readonly WebhookSecret[]>> => {
    const before = await ports.webhooks.loadSigning(accountId);
    const secrets = before ? rotated(ports, before.secrets, overlapMs) : [makeSecret(ports, 'v1')];
    const after: AccountSigning = { accountId, secrets, version: (before?.version ?? 0) + 1 };
    return (await ports.webhooks.saveSigning(after)) ? { result: secrets } : 'lost';
  };
  const contended = (): Error => ownFailure('changedByOthers', 'the secret is being rotated by others; try again');
  return commitOptimistically(ports, { policy: tryPolicies.endpoint, attempt, contended });
}
