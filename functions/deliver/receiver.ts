// The receiver of a lane: an endpoint with its settings, or the host of `?webhook=` targets with the account's own
// secrets. Read when a lane is claimed and again while it is worked, so that changes take effect.
import { newSecret, secretsInForce } from '../../core/domain/webhook/webhook-secrets.ts';
import type { WebhookSecret } from '../../core/domain/webhook/webhook-secrets.ts';
import type { WebhookShape } from '../../core/domain/webhook/webhook-body.ts';
import type { AccountSigning, WebhookEndpoint } from '../../core/domain/webhook/webhook-endpoint.ts';
import type { AccountReceivers } from '../../core/ports/webhook-ports.ts';
import type { DeliverPorts, LaneName } from './deliver-ports.ts';

export type Receiver =
  | {
      readonly kind: 'ready';
      /** Absent if each delivery has its own. */
      readonly url?: string;
      readonly secrets: readonly string[];
      readonly headers: Readonly<Record<string, string>>;
      readonly shape: WebhookShape;
      readonly ratePerSecond?: number;
    }
  | { readonly kind: 'disabled' }
  | { readonly kind: 'deleted' };

export type ReadyReceiver = Extract<Receiver, { kind: 'ready' }>;

function isEndpointLane(laneId: string): boolean {
  return laneId.startsWith('we_');
}

export function endpointOfLane(
  { laneId, accountId }: LaneName,
  { store }: DeliverPorts,
): Promise<WebhookEndpoint | undefined> {
  return isEndpointLane(laneId) ? store.loadEndpoint(accountId, laneId) : Promise.resolve(undefined);
}

export async function loadReceiver(ports: DeliverPorts, name: LaneName): Promise<Receiver> {
  if (!isEndpointLane(name.laneId)) {
    return hostReceiver(ports, await signingOf(ports, name.accountId));
  }
  const endpoint = await endpointOfLane(name, ports);
  return endpoint ? receiverOf(ports, endpoint) : { kind: 'deleted' };
}

/** The receiver of a lane among what was just read of its account; undefined where it has to be loaded. */
export function receiverAmong(
  ports: DeliverPorts,
  { endpoints, signing }: AccountReceivers,
  laneId: string,
): Receiver | undefined {
  if (!isEndpointLane(laneId)) return signing && hostReceiver(ports, signing);
  const endpoint = endpoints.find(({ id }) => id === laneId);
  return endpoint && receiverOf(ports, endpoint);
}

function hostReceiver(ports: DeliverPorts, { secrets }: AccountSigning): Receiver {
  return { kind: 'ready', secrets: inForce(ports, secrets), headers: {}, shape: 'bridge' };
}

function receiverOf(ports: DeliverPorts, endpoint: WebhookEndpoint): Receiver {
  if (endpoint.disabled) return { kind: 'disabled' };
  const { url, headers, shape, ratePerSecond } = endpoint;
  const secrets = inForce(ports, endpoint.secrets);
  return { kind: 'ready', url, secrets, headers, shape, ...(ratePerSecond !== undefined && { ratePerSecond }) };
}

function inForce({ clock }: DeliverPorts, secrets: readonly WebhookSecret[]): readonly string[] {
  return secretsInForce(secrets, clock.now()).map(({ secret }) => secret);
}

/**
 * The account's own secrets. An account that never asked for one still gets its webhooks signed: the secret created
 * here is shown when the account rotates it, and signs beside the new one for the overlap.
 */
async function signingOf({ store, randomSource, clock }: DeliverPorts, accountId: string): Promise<AccountSigning> {
  const known = await store.loadSigning(accountId);
  if (known) return known;
  const made = { accountId, secrets: [newSecret('v1', () => randomSource.secret(), clock.now())], version: 1 };
  if (await store.saveSigning(made)) return made;
  const other = await store.loadSigning(accountId);
  if (!other) throw new Error(`the signing secrets of ${accountId} could be neither created nor read`);
  return other;
}
