// Kills a function's connections as a freeze does: firewalls, NAT gateways and servers forget idle ones, and the
// function, which did not run, notices only at its next packet: by RST, or by silence. Runs inside a sandbox's thread,
// which has its own modules, so other sandboxes and the runtime are not affected.
import { Socket } from 'node:net';
import type { ConnectionDeath, FreezeSetup } from './invocation.ts';

type WriteDone = (error?: Error | null) => void;

export class IdleConnections {
  readonly #setup: Pick<FreezeSetup, 'idleMsMax' | 'resetOnlyPorts'>;
  readonly #open = new Set<Socket>();
  #nextDeath: ConnectionDeath;

  constructor(setup: Pick<FreezeSetup, 'idleMsMax' | 'resetOnlyPorts' | 'firstDeath'>) {
    this.#setup = setup;
    this.#nextDeath = setup.firstDeath;
  }

  /** Starts to track every connection that code of this thread opens, including TLS and fetch. */
  watch(): void {
    const open = this.#open;
    // Unbound on purpose: it is called below with its socket.
    const connect = Object.getOwnPropertyDescriptor(Socket.prototype, 'connect')?.value as (
      this: Socket,
      ...rest: unknown[]
    ) => Socket;
    Socket.prototype.connect = function (this: Socket, ...rest: unknown[]): Socket {
      this.once('connect', () => open.add(this));
      this.once('close', () => open.delete(this));
      return connect.apply(this, rest);
    };
  }

  /** To be called after each freeze, before anything else of the thread runs. */
  outlived(frozenMs: number): void {
    if (frozenMs < this.#setup.idleMsMax) return;
    for (const socket of this.#open) {
      this.#open.delete(socket);
      if (!socket.destroyed) die(socket, this.#deathOf(socket));
    }
  }

  /** AWS's own services reset dead connections; only servers beyond them may fall silent. */
  #deathOf({ remotePort }: Socket): ConnectionDeath {
    if (remotePort !== undefined && this.#setup.resetOnlyPorts.includes(remotePort)) return 'reset';
    const death = this.#nextDeath;
    this.#nextDeath = death === 'reset' ? 'silence' : 'reset';
    return death;
  }
}

/** The socket stays open and looks healthy: nothing shows until something is written. */
function die(socket: Socket, death: ConnectionDeath): void {
  const swallow = (done: WriteDone): void => {
    done();
    if (death === 'reset') setImmediate(() => socket.destroy(resetError()));
  };
  socket._write = (_chunk: unknown, _encoding: BufferEncoding, done: WriteDone) => swallow(done);
  socket._writev = (_chunks: unknown, done: WriteDone) => swallow(done);
  // The other side's FIN is lost as well.
  if (death === 'silence') socket.push = () => true;
}

function resetError(): NodeJS.ErrnoException {
  return Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', errno: -104, syscall: 'read' });
}
