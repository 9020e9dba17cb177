// Loaded in place of a sandbox's thread by run-probe.ts: runs the same thread, and writes down the processor's time and
// the heap of its start and of each invocation.
import { appendFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { SandboxReport, SandboxSetup } from '../../local/lambda/invocation.ts';

const { functionName } = workerData as SandboxSetup;
const path = process.env['RUN_PROBE_FILE'] ?? '';
const port = parentPort;
if (!port) throw new Error('the probe runs in a thread');

let cpuMs = 0;
let records = 0;

function usedMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

function note(kind: 'start' | 'run'): void {
  const ms = usedMs() - cpuMs;
  const heapMb = process.memoryUsage().heapUsed / 2 ** 20;
  appendFileSync(path, `${JSON.stringify({ functionName, kind, cpuMs: ms, records, heapMb })}\n`);
}

port.on('message', ({ eventJson }: { readonly eventJson: string }) => {
  cpuMs = usedMs();
  const event = JSON.parse(eventJson) as { readonly Records?: readonly unknown[] };
  records = event.Records?.length ?? 1;
});
const send = port.postMessage.bind(port);
port.postMessage = (message: SandboxReport): void => {
  if (message.kind !== 'printed') note(message.kind === 'ready' ? 'start' : 'run');
  send(message);
};

await import('../../local/lambda/sandbox-worker.ts');
