// Clients of the stand-ins of AWS's services on this machine. They are slower than AWS when the machine is busy, and a
// queue is polled for up to twenty seconds at a time; service-client.ts still makes every call end.
import { serviceClient } from '../../core/adapters/service-client.ts';
import { standInCredentials } from './stand-in-credentials.ts';
import type { CallLimits, ServiceClientConfig } from '../../core/adapters/service-client.ts';

const callLimits: CallLimits = { triesMax: 3, tryTimeoutMs: 30_000, callTimeoutMs: 60_000, connectTimeoutMs: 10_000 };

type StandInConfig = ServiceClientConfig & typeof standInCredentials & { readonly endpoint: string };

export function standInClient<Client>(endpoint: string, make: (config: StandInConfig) => Client): Client {
  return serviceClient((config) => make({ ...config, ...standInCredentials, endpoint }), callLimits);
}
