// One call of a function: what goes in and what comes out, as the gateway, the pollers and the schedules know it.
// How the function is run is function-pool.ts's and sandbox.ts's.

export type InvocationResult =
  /** JSON text of what the handler returned. */
  | { readonly kind: 'answered'; readonly payload: string }
  /** It threw, did not start, ran out of time or memory. */
  | { readonly kind: 'failed'; readonly errorType: string; readonly text: string }
  /** No execution was free: the function was never called, and its caller decides whether to call again. */
  | { readonly kind: 'throttled' };

/** The error of an event that is larger than Lambda takes: the function was not called. */
export const EVENT_TOO_LARGE = 'RequestEntityTooLargeException';

/**
 * Calls a function by its name with an event, which it gets as JSON. Never rejects.
 * @param onStarted called when it has got a sandbox: until then it waits in line, as no call does in Lambda.
 */
export type Invoke = (functionName: string, event: unknown, onStarted?: () => void) => Promise<InvocationResult>;

/** What the host tells a sandbox to run. */
export interface InvocationOrder {
  readonly requestId: string;
  readonly eventJson: string;
  /** Milliseconds since the epoch. */
  readonly deadlineAt: number;
}

export interface PrintedLine {
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

/** What a sandbox tells its host, lines always before the end of the invocation that printed them. */
export type SandboxReport =
  | { readonly kind: 'ready' }
  | { readonly kind: 'printed'; readonly lines: readonly PrintedLine[] }
  | { readonly kind: 'ended'; readonly requestId: string; readonly result: InvocationResult };

/** What a sandbox is started with. */
export interface SandboxSetup {
  readonly modulePath: string;
  readonly exportName: string;
  readonly functionName: string;
  readonly functionArn: string;
  readonly memoryMb: number;
  readonly logGroupName: string;
  readonly freeze?: FreezeSetup | undefined;
}

/** How a sandbox is stopped between invocations, and what becomes of its connections meanwhile. */
export interface FreezeSetup {
  /** One 32-bit count of the orders that the host has sent: the thread blocks on it between invocations. */
  readonly ordersSent: SharedArrayBuffer;
  /** Connections that lived through a freeze of this length are dead afterwards. */
  readonly idleMsMax: number;
  /** Ports of AWS's services: dead connections to these are reset, others also fall silent. */
  readonly resetOnlyPorts: readonly number[];
  /** How the first dead connection to anything else dies; the ways alternate. */
  readonly firstDeath: ConnectionDeath;
}

/** The next packet is answered with RST, or with nothing at all. */
export type ConnectionDeath = 'reset' | 'silence';
