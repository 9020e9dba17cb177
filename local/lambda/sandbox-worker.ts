// Runs inside a sandbox's thread: loads the deployed bundle, calls its handler once per order, and reports its result
// and what it printed. The host does everything else: limits, the pool, the lines.
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { IdleConnections } from './idle-connections.ts';
import type { InvocationOrder, InvocationResult, PrintedLine, SandboxReport, SandboxSetup } from './invocation.ts';

type Handler = (event: unknown, context: object) => unknown;

const setup = workerData as SandboxSetup;

function report(message: SandboxReport): void {
  return parentPort?.postMessage(message);
}

const lines: PrintedLine[] = [];
let flushing: NodeJS.Immediate | undefined;

function flush(): void {
  clearImmediate(flushing);
  flushing = undefined;
  if (lines.length > 0) report({ kind: 'printed', lines: lines.splice(0) });
}

/** Passes on whole lines of one stream, so that what a function prints last arrives before its end. */
function capture(stream: 'stdout' | 'stderr'): void {
  let open = '';
  process[stream].write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
    open += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
    const whole = open.split('\n');
    open = whole.pop() ?? '';
    lines.push(...whole.map((text) => ({ stream, text })));
    flushing ??= setImmediate(flush);
    const done = rest.find((argument): argument is () => void => typeof argument === 'function');
    if (done) setImmediate(done);
    return true;
  };
}

function describe(error: unknown): InvocationResult {
  if (!(error instanceof Error)) return { kind: 'failed', errorType: 'Error', text: String(error) };
  return { kind: 'failed', errorType: error.name, text: error.stack ?? error.message };
}

function makeContext({ requestId, deadlineAt }: InvocationOrder): object {
  return {
    awsRequestId: requestId,
    callbackWaitsForEmptyEventLoop: true,
    functionName: setup.functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: setup.functionArn,
    logGroupName: setup.logGroupName,
    logStreamName: 'local',
    memoryLimitInMB: String(setup.memoryMb),
    getRemainingTimeInMillis: () => Math.max(0, deadlineAt - Date.now()),
  };
}

async function run(handler: Handler, order: InvocationOrder): Promise<InvocationResult> {
  try {
    const answer = await handler(JSON.parse(order.eventJson), makeContext(order));
    return { kind: 'answered', payload: JSON.stringify(answer) ?? 'null' };
  } catch (error) {
    return describe(error);
  }
}

async function load(): Promise<Handler> {
  const module = (await import(pathToFileURL(setup.modulePath).href)) as Record<string, unknown>;
  // Node gives a CommonJS bundle only a default export when it cannot find the names in the text.
  const exported =
    module[setup.exportName] ?? (module['default'] as Record<string, unknown> | undefined)?.[setup.exportName];
  if (typeof exported !== 'function') throw new Error(`the bundle has no export ${setup.exportName} to call`);
  return exported as Handler;
}

/**
 * Stops the thread until the next order, as Lambda freezes a sandbox: no timer fires, no packet is read, sockets stay
 * open. What the function left running continues with the next invocation.
 */
function makeFreeze({ freeze: settings }: SandboxSetup): () => void {
  if (settings === undefined) return () => {};
  const connections = new IdleConnections(settings);
  connections.watch();
  const ordersSent = new Int32Array(settings.ordersSent);
  let ordersTaken = 0;
  return () => {
    const frozenAt = performance.now();
    Atomics.wait(ordersSent, 0, ordersTaken);
    ordersTaken = Atomics.load(ordersSent, 0);
    connections.outlived(performance.now() - frozenAt);
  };
}

capture('stdout');
capture('stderr');
const freeze = makeFreeze(setup);
const handler = await load();
parentPort?.on('message', (order: InvocationOrder) => {
  void run(handler, order).then((result) => {
    flush();
    report({ kind: 'ended', requestId: order.requestId, result });
    freeze();
  });
});
report({ kind: 'ready' });
freeze();
