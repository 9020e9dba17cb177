// Connections of an SDK client to its service: kept for the next call, and given up when they idled, for a function is
// frozen meanwhile and the next packet would meet RST. A sandbox may have a dozen dead ones, and the SDK tries a call a
// few times only. How long a connection may idle is kept-connections.ts's.
import { KeptConnections } from './kept-connections.ts';
import { systemClock } from './system-clock.ts';
import type { Agent as HttpAgent } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';

/** As many as the SDK opens by itself. */
const CONNECTIONS_MAX = 50;

/** For the client's `requestHandler`. */
export interface ServiceAgents {
  readonly httpAgent: HttpAgent;
  readonly httpsAgent: HttpsAgent;
}

type Serve = (args: never) => Promise<never>;

interface SdkClient {
  readonly middlewareStack: {
    add(middleware: (next: Serve) => Serve, options: { readonly step: 'build'; readonly name: string }): void;
  };
}

/** A client that looks at its connections before each call. */
export function serviceClient<Client>(make: (agents: ServiceAgents) => Client): Client {
  const connections = new KeptConnections(systemClock, CONNECTIONS_MAX);
  const httpsAgent = connections.agentFor(false) as HttpsAgent;
  const client = make({ httpAgent: connections.agentFor(true), httpsAgent });
  // The SDK types its stack by the commands of each service; what is added here looks at none of them.
  (client as unknown as SdkClient).middlewareStack.add(
    (next) => async (args) => {
      await connections.dropStale();
      return next(args);
    },
    { step: 'build', name: 'dropStaleConnections' },
  );
  return client;
}
