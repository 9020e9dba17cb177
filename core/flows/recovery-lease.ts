// One recovery of an endpoint at a time: two concurrent ones would send the same webhooks twice and each count them.
// The endpoint's own row holds the lease, so that it ends with the endpoint, and expires when a call was cut off.
import { ownFailure, seconds } from '../http/http-failure.ts';
import { commitOptimistically, tryPolicies } from '../ports/optimistic-commit.ts';
import { requireEnabled } from './replay-delivery.ts';
import type { WebhookEndpoint } from '../domain/webhook/webhook-endpoint.ts';
import type { Tried } from '../ports/optimistic-commit.ts';
import type { EndpointPorts } from '../ports/endpoint-ports.ts';

type LeasePorts = Pick<EndpointPorts, 'webhooks' | 'clock' | 'randomSource'>;

/** Longer than a call of the API may take. */
const LEASE_MS = 35_000;

/** Saves a change of the endpoint that its owner did not make. */
async function save(
  { webhooks }: LeasePorts,
  { recoveringUntil: _old, ...endpoint }: WebhookEndpoint,
  recoveringUntil?: number,
): Promise<Tried<WebhookEndpoint>> {
  const next = {
    ...endpoint,
    ...(recoveringUntil !== undefined && { recoveringUntil }),
    version: endpoint.version + 1,
  };
  return (await webhooks.saveEndpoint(next)) ? { result: next } : 'lost';
}

/**
 * Takes the lease.
 * @param load finds the endpoint, or throws.
 * @returns the endpoint as it is now.
 * @throws HttpFailure 409 for a disabled endpoint or one that is being recovered.
 */
export function beginRecovery(ports: LeasePorts, load: () => Promise<WebhookEndpoint>): Promise<WebhookEndpoint> {
  return commitOptimistically(ports, {
    policy: tryPolicies.endpoint,
    attempt: async () => {
      const endpoint = await load();
      requireEnabled(endpoint);
      const now = ports.clock.now();
      const { recoveringUntil = 0 } = endpoint;
      if (recoveringUntil > now) {
        const headers = { 'retry-after': seconds(recoveringUntil - now) };
        throw ownFailure('changedByOthers', 'a recovery of this endpoint is under way', headers);
      }
      return save(ports, endpoint, now + LEASE_MS);
    },
    contended: () => ownFailure('changedByOthers', 'the endpoint is being changed by others; try again'),
  });
}

/** Gives the lease back, unless it has run out and another recovery holds it. */
export function endRecovery(ports: LeasePorts, leased: WebhookEndpoint): Promise<unknown> {
  return commitOptimistically<unknown>(ports, {
    policy: tryPolicies.endpoint,
    attempt: async () => {
      const endpoint = await ports.webhooks.loadEndpoint(leased.accountId, leased.id);
      if (!endpoint || endpoint.recoveringUntil !== leased.recoveringUntil) return { result: undefined };
      return save(ports, endpoint);
    },
    contended: () => ownFailure('changedByOthers', 'the endpoint is being changed by others; try again'),
  });
}
