import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LambdaHost } from '../../../local/lambda/lambda-host.ts';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AwsManners } from '../../../local/aws-manners.ts';
import type { InvocationResult } from '../../../local/lambda/invocation.ts';

let folder: string;
let host: LambdaHost | undefined;
let server: Server;
let requestCount: number;
let throttled: string[];
let runs: boolean[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'relay-bundle-'));
  requestCount = 0;
  throttled = [];
  runs = [];
  server = createServer((_request, response) => {
    requestCount += 1;
    response.end('hello');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  await host?.close(50);
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

function serverUrl(): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Setting {
  /** Zero kills every connection that lived through a freeze at all. */
  readonly manners?: Partial<AwsManners> | undefined;
  /** Address of DynamoDB as the host knows it. */
  readonly dynamoDb?: string;
  readonly functions?: readonly string[];
}

const noManners = {};

/** A host whose functions share one bundle, the text of a module. */
function run(module: string, { manners = noManners, dynamoDb, functions = ['f'] }: Setting = {}) {
  const modulePath = join(folder, 'index.mjs');
  writeFileSync(modulePath, module);
  host = new LambdaHost({
    functions: functions.map((name) => ({
      logicalId: 'F',
      name,
      arn: `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
      modulePath,
      exportName: 'handler',
      environment: {},
      timeoutMs: 5_000,
      memoryMb: 128,
      logGroupName: '/aws/lambda/f',
    })),
    urls: {
      dynamoDb: dynamoDb ?? 'http://127.0.0.1:1',
      sqs: 'http://127.0.0.1:2',
      s3: 'http://127.0.0.1:2',
      others: 'http://127.0.0.1:3',
    },
    manners: manners === noManners ? undefined : { concurrencyMax: 10, idleMsMax: 0, ...manners },
    onPrinted: () => {},
    onRun: (_name, { isFailed }) => runs.push(isFailed),
    onFailed: () => {},
    onThrottled: (name) => throttled.push(name),
  });
  const { invoke } = host;
  return (event: unknown = {}, name = 'f') => invoke(name, event);
}

async function answer(result: Promise<InvocationResult>): Promise<unknown> {
  const settled = await result;
  if (settled.kind !== 'answered') throw new Error(JSON.stringify(settled));
  return JSON.parse(settled.payload) as unknown;
}

describe('a function that is frozen between invocations', () => {
  const ticking = `let ticks = 0; setInterval(() => (ticks += 1), 1);
    export const handler = async () => {
      const before = ticks;
      const until = Date.now() + 1_000;
      while (ticks === before && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 5));
      return { before, after: ticks }; };`;

  it.each([
    ['stands still with the manners of AWS', { idleMsMax: 60_000 }, true],
    ['goes on without them', undefined, false],
  ])('that has answered %s', async (_what, manners, standsStill) => {
    const invoke = run(ticking, manners && { manners });
    const first = (await answer(invoke())) as { before: number; after: number };
    const idledUntil = Date.now() + 60;
    await expect.poll(() => Date.now()).toBeGreaterThan(idledUntil);
    const second = (await answer(invoke())) as { before: number; after: number };
    expect(first.after).toBeGreaterThan(first.before);
    // One tick may have been due when it was frozen.
    if (standsStill) expect(second.before - first.after).toBeLessThanOrEqual(1);
    else expect(second.before - first.after).toBeGreaterThan(1);
  });

  const calling = `import { Agent, request } from 'node:http';
    const agent = new Agent({ keepAlive: true });
    const call = (url) => new Promise((resolve) => {
      const outgoing = request(url, { agent, method: 'POST', signal: AbortSignal.timeout(200) }, (reply) => {
        reply.resume().on('end', () => resolve('answered')); });
      outgoing.on('error', ({ code, name }) => resolve(code === 'ECONNRESET' ? code : name));
      outgoing.end('x'); });
    export const handler = async ({ url }) => { const result = await call(url);
      // The agent puts its socket by in the next round.
      await new Promise(setImmediate); return result; };`;

  it('finds its connections dead: one is reset, the next is silent, and no request arrives', async () => {
    const invoke = run(calling, { manners: {} });
    const call = () => answer(invoke({ url: serverUrl() }));
    expect(await call()).toBe('answered');
    expect(await call()).toBe('ECONNRESET');
    expect(requestCount).toBe(1);
    expect(await call()).toBe('answered');
    expect(await call()).toMatch(/ABORT_ERR|AbortError|TimeoutError/);
    expect(requestCount).toBe(2);
    expect(await call()).toBe('answered');
  });

  it('finds connections to AWS itself reset only, never silent', async () => {
    const invoke = run(calling, { manners: {}, dynamoDb: serverUrl() });
    const seen = [];
    for (let calls = 0; calls < 4; calls += 1) seen.push(await answer(invoke({ url: serverUrl() })));
    expect(seen).toEqual(['answered', 'ECONNRESET', 'answered', 'ECONNRESET']);
  });

  it('finds those of fetch dead, too, and those of a short freeze alive', async () => {
    const fetching = `export const handler = async ({ url }) => {
      try { return await (await fetch(url, { method: 'POST', body: 'x' })).text(); }
      catch (error) { return error.cause?.code ?? error.name; } };`;
    const dying = run(fetching, { manners: {} });
    expect([await answer(dying({ url: serverUrl() })), await answer(dying({ url: serverUrl() }))]).toEqual([
      'hello',
      'ECONNRESET',
    ]);
    await host?.close(50);
    const living = run(fetching, { manners: { idleMsMax: 60_000 } });
    expect([await answer(living({ url: serverUrl() })), await answer(living({ url: serverUrl() }))]).toEqual([
      'hello',
      'hello',
    ]);
  });

  it('is stopped while it is frozen', async () => {
    await answer(run(`export const handler = () => 1;`, { manners: {} })());
    await expect(host?.close(50)).resolves.toBeUndefined();
  });
});

describe('the quota of a host', () => {
  const holding = `const free = []; export const handler = ({ hold }) => hold ? new Promise(() => {}) : 'done';`;

  it('throttles every function while one has the last execution, and counts no run for it', async () => {
    const invoke = run(holding, { manners: { concurrencyMax: 1 }, functions: ['f', 'g'] });
    void invoke({ hold: true });
    expect(await invoke({}, 'g')).toEqual({ kind: 'throttled' });
    expect([throttled, runs]).toEqual([['g'], []]);
  });

  it('gives an execution back when the function has ended, however it ended', async () => {
    const invoke = run(`export const handler = ({ fail }) => { if (fail) throw new Error('no'); return 'done'; };`, {
      manners: { concurrencyMax: 1 },
    });
    expect(await invoke({ fail: true })).toMatchObject({ kind: 'failed' });
    expect(await answer(invoke())).toBe('done');
  });
});

describe('six megabytes', () => {
  const sixMb = 6 * 1024 * 1024;
  const sized = `export const handler = ({ bytes }) => 'x'.repeat(bytes ?? 0);`;

  it('come out of a function, and one byte more is its failure', async () => {
    const invoke = run(sized);
    // The answer is JSON: two quotes around the text.
    expect(await invoke({ bytes: sixMb + 98 })).toMatchObject({ kind: 'answered' });
    expect(await invoke({ bytes: sixMb + 99 })).toMatchObject({
      kind: 'failed',
      errorType: 'Function.ResponseSizeTooLarge',
    });
    expect(runs).toEqual([false, true]);
  });

  it('go into a function, and one byte more is refused before it is called', async () => {
    const invoke = run(sized);
    const padding = sixMb - JSON.stringify({ text: '' }).length;
    expect(await invoke({ text: 'x'.repeat(padding) })).toMatchObject({ kind: 'answered' });
    expect(await invoke({ text: 'x'.repeat(padding + 1) })).toMatchObject({
      kind: 'failed',
      errorType: 'RequestEntityTooLargeException',
    });
    expect(runs).toEqual([false]);
  });
});
