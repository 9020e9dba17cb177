// The one place that makes clients of AWS's services, including those of the command line and the simulator, with what
// each needs: a limit for each try and one for the whole call, by a timer of ours, and connections that are closed
// after idling, because a function is frozen meanwhile and the next packet would meet RST. A sandbox may have a dozen
// dead ones, and the SDK tries a call only a few times. kept-connections.ts defines how long a connection may idle.
import { callWithin } from './call-within.ts';
import { KeptConnections } from './kept-connections.ts';
import { systemClock } from './system-clock.ts';
import type { Agent as HttpAgent } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';

export interface CallLimits {
  /** Tries of one call, by the SDK. */
  readonly triesMax: number;
  /** For one try. */
  readonly tryTimeoutMs: number;
  /** For one call in all, including its tries and the waits between them. */
  readonly callTimeoutMs: number;
  /** For connecting, within a try. @default 1 s */
  readonly connectTimeoutMs?: number;
}

/** To be spread into the client's configuration. */
export interface ServiceClientConfig {
  readonly maxAttempts: number;
  readonly requestHandler: {
    readonly httpAgent: HttpAgent;
    readonly httpsAgent: HttpsAgent;
    readonly throwOnRequestTimeout: true;
    /** Milliseconds, by the SDK's own names. */
  } & Readonly<Record<'connectionTimeout' | 'requestTimeout', number>>;
}

/** As many as the SDK opens by default. */
const CONNECTIONS_MAX = 50;
const CONNECT_TIMEOUT_MS = 1_000;

type Serve = (args: never) => Promise<never>;

interface SdkClient {
  readonly middlewareStack: {
    add(
      middleware: (next: Serve) => Serve,
      options: { readonly step: 'initialize' | 'build'; readonly name: string; readonly priority?: 'high' },
    ): void;
  };
}

/**
 * A client whose calls end. One without an answer in time throws an error named `TimeoutError`.
 * @param make makes it with the given configuration, and anything else it needs.
 */
export function serviceClient<Client>(make: (config: ServiceClientConfig) => Client, limits: CallLimits): Client {
  const { triesMax, tryTimeoutMs, callTimeoutMs, connectTimeoutMs = CONNECT_TIMEOUT_MS } = limits;
  const connections = new KeptConnections(systemClock, CONNECTIONS_MAX);
  const client = make({
    maxAttempts: triesMax,
    requestHandler: {
      httpAgent: connections.agentFor(true),
      httpsAgent: connections.agentFor(false) as HttpsAgent,
      connectionTimeout: connectTimeoutMs,
      requestTimeout: tryTimeoutMs,
      throwOnRequestTimeout: true,
    },
  });
  // The SDK types its stack by the commands of each service; the middleware added here uses none of them.
  const { middlewareStack } = client as unknown as SdkClient;
  // Outermost: reading credentials and signing are part of the call, and may hang as well.
  middlewareStack.add((next) => (args) => callWithin(callTimeoutMs, () => next(args)), {
    step: 'initialize',
    name: 'endInTime',
    priority: 'high',
  });
  middlewareStack.add(
    (next) => async (args) => {
      await connections.dropStale();
      return next(args);
    },
    { step: 'build', name: 'dropStaleConnections' },
  );
  return client;
}
