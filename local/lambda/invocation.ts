// One call of a function: its input and result, as the gateway, the pollers and the schedules use them.
// function-pool.ts and sandbox.ts run the function.

export type InvocationResult =
  /** `payload` is JSON text of the handler's result. */
  | { readonly kind: 'answered'; readonly payload: string }
  /** The function threw, did not start, or ran out of time or memory. */
  | { readonly kind: 'failed'; readonly errorType: string; readonly text: string }
  /** No execution was free: the function was not called, and the caller decides whether to call again. */
  | { readonly kind: 'throttled' };

/** Error type of an event larger than Lambda accepts: the function was not called. */
export const EVENT_TOO_LARGE = 'RequestEntityTooLargeException';

/**
 * Calls a function by name with an event, which is passed as JSON. Never rejects.
 * @param onStarted called when the call gets a sandbox; until then it waits in line, which no call does in Lambda.
 */
export type Invoke = (functionName: string, event: unknown, onStarted?: () => void) => Promise<InvocationResult>;

/** What the host sends to a sandbox for one invocation. */
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

/** What a sandbox reports to its host; printed lines always before the end of their invocation. */
export type SandboxReport =
  | { readonly kind: 'ready' }
  | { readonly kind: 'printed'; readonly lines: readonly PrintedLine[] }
  | { readonly kind: 'ended'; readonly requestId: string; readonly result: InvocationResult };

/** Start parameters of a sandbox. */
export interface SandboxSetup {
  readonly modulePath: string;
  readonly exportName: string;
  readonly functionName: string;
  readonly functionArn: string;
  readonly memoryMb: number;
  readonly logGroupName: string;
  readonly freeze?: FreezeSetup | undefined;
}

/** How a sandbox is frozen between invocations, and how its connections die meanwhile. */
export interface FreezeSetup {
  /** One 32-bit counter of the orders sent by the host; the thread blocks on it between invocations. */
  readonly ordersSent: SharedArrayBuffer;
  /** Connections open during a freeze of this length are dead afterwards. */
  readonly idleMsMax: number;
  /** Ports of AWS's services: dead connections to these are reset; others may fall silent instead. */
  readonly resetOnlyPorts: readonly number[];
  /** How the first connection to any other port dies; the ways alternate from then on. */
  readonly firstDeath: ConnectionDeath;
}

/** Whether the next packet is answered with RST, or not at all. */
export type ConnectionDeath = 'reset' | 'silence';
