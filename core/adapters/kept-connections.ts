// Connections that are kept for the next call, but not trusted for long: a function is frozen between its invocations,
// a NAT gateway forgets, a receiver hangs up, and the next packet then meets RST or silence.
// http-exchange.ts makes and ends each call.
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Socket } from 'node:net';
import type { Clock } from '../ports/ports.ts';

/**
 * A connection that was idle for longer than this is not reused. By the wall clock, which goes on while a function is
 * frozen. Shorter than the idle timeouts of servers, of which two seconds is the shortest common one.
 */
const IDLE_MS_MAX = 2_000;

export class KeptConnections {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #agents: readonly [HttpAgent, HttpsAgent];
  readonly #idleSince = new WeakMap<object, number>();

  /** @param connectionsMax to one host at once; further calls wait for one, within their time limit. */
  constructor(clock: Pick<Clock, 'now'>, connectionsMax = Number.POSITIVE_INFINITY) {
    this.#clock = clock;
    const options = { keepAlive: true, maxSockets: connectionsMax };
    this.#agents = [new HttpAgent(options), new HttpsAgent(options)];
    for (const agent of this.#agents) {
      agent.on('free', (socket: Socket) => this.#idleSince.set(socket, clock.now()));
    }
  }

  agentFor(isPlain: boolean): HttpAgent | HttpsAgent {
    return this.#agents[isPlain ? 0 : 1];
  }

  /** To be awaited before each call: closes the connections that must not carry it. */
  async dropStale(): Promise<void> {
    // Ends and resets that arrived while nothing ran are read in the event loop's poll phase: it runs once in between.
    await afterPolling();
    await afterPolling();
    const now = this.#clock.now();
    for (const socket of this.#agents.flatMap(({ freeSockets }) => Object.values(freeSockets).flat())) {
      if (!socket) continue;
      const idleMs = now - (this.#idleSince.get(socket) ?? Number.NEGATIVE_INFINITY);
      // A clock that was set back does not show how long it was: then the connection is closed too.
      if (idleMs < 0 || idleMs > IDLE_MS_MAX || socket.readableEnded || !socket.writable) socket.destroy();
    }
  }
}

function afterPolling(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
