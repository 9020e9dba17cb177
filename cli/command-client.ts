// Clients of AWS's services for commands, which may run far from the region: they may be slower than a function's, but
// never wait without an end. service-client.ts enforces the end.
import { serviceClient } from '../core/adapters/service-client.ts';
import type { CallLimits, ServiceClientConfig } from '../core/adapters/service-client.ts';

const callLimits: CallLimits = { triesMax: 3, tryTimeoutMs: 15_000, callTimeoutMs: 45_000, connectTimeoutMs: 5_000 };

/** How long a command waits for an answer over HTTP. */
export const HTTP_TIMEOUT_MS = 30_000;

export function commandClient<Client>(make: (config: ServiceClientConfig) => Client): Client {
  return serviceClient(make, callLimits);
}
