import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LambdaHost } from '../../../local/lambda/lambda-host.ts';
import { eventually } from '../../support/eventually.ts';
import type { FunctionPlan } from '../../../local/lambda/function-plan.ts';
import type { InvocationResult, PrintedLine } from '../../../local/lambda/invocation.ts';

let folder: string;
let host: LambdaHost | undefined;
let printed: PrintedLine[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'relay-bundle-'));
  printed = [];
});
afterEach(async () => {
  await host?.close(50);
  rmSync(folder, { recursive: true, force: true });
});

/** A host with one function, whose bundle is the text of a module. */
function run(module: string, plan: Partial<FunctionPlan> = {}): (event?: unknown) => Promise<InvocationResult> {
  const modulePath = join(folder, 'index.mjs');
  writeFileSync(modulePath, module);
  host = new LambdaHost({
    functions: [
      {
        logicalId: 'F',
        name: 'f',
        arn: 'arn:aws:lambda:us-east-1:000000000000:function:f',
        modulePath,
        exportName: 'handler',
        environment: { TABLE: 'things' },
        timeoutMs: 5_000,
        memoryMb: 128,
        logGroupName: '/aws/lambda/f',
        ...plan,
      },
    ],
    urls: {
      dynamoDb: 'http://127.0.0.1:1',
      sqs: 'http://127.0.0.1:2',
      s3: 'http://127.0.0.1:2',
      others: 'http://127.0.0.1:3',
    },
    onPrinted: (_name, lines) => printed.push(...lines),
    onRun: () => {},
    onFailed: () => {},
  });
  const { invoke } = host;
  return (event = {}) => invoke('f', event);
}

async function answer(result: Promise<InvocationResult>): Promise<unknown> {
  const settled = await result;
  if (settled.kind !== 'answered') throw new Error(JSON.stringify(settled));
  return JSON.parse(settled.payload) as unknown;
}

describe('a function in its sandbox', () => {
  it('gets its event as JSON, and its result is JSON', async () => {
    const invoke = run(`export const handler = async (event) => ({ ...event, missing: undefined, at: new Date(0) });`);
    expect(await answer(invoke({ a: [1], gone: undefined }))).toEqual({ a: [1], at: '1970-01-01T00:00:00.000Z' });
    expect(await answer(run(`export const handler = () => {};`)())).toBeNull();
  });

  it('has exactly the environment of its template and of Lambda, and nothing of this process', async () => {
    const environment = (await answer(run(`export const handler = () => process.env;`)())) as Record<string, string>;
    expect(environment).toMatchObject({
      TABLE: 'things',
      AWS_REGION: 'us-east-1',
      AWS_LAMBDA_FUNCTION_NAME: 'f',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
      AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:1',
      AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:2',
    });
    expect(process.env).toHaveProperty('PATH');
    expect(environment).not.toHaveProperty('PATH');
    expect(environment).not.toHaveProperty('HOME');
  });

  it('learns from its context its remaining time and its name', async () => {
    const invoke = run(`export const handler = (event, context) => ({
      left: context.getRemainingTimeInMillis(), name: context.functionName, id: context.awsRequestId });`);
    const { left, name, id } = (await answer(invoke())) as { left: number; name: string; id: string };
    expect([name, id.length]).toEqual(['f', 36]);
    expect(left).toBeGreaterThan(3_000);
    expect(left).toBeLessThanOrEqual(5_000);
  });

  it('has printed its lines before its answer is there', async () => {
    const invoke = run(`export const handler = async () => {
      console.log('one'); process.stdout.write('two\\nthr'); process.stdout.write('ee\\n'); console.error('four'); };`);
    await answer(invoke());
    expect(printed).toEqual([
      { stream: 'stdout', text: 'one' },
      { stream: 'stdout', text: 'two' },
      { stream: 'stdout', text: 'three' },
      { stream: 'stderr', text: 'four' },
    ]);
  });

  it('serves one invocation at a time, keeps its module between them, and others run beside it', async () => {
    const invoke = run(`let calls = 0, running = 0;
      export const handler = async () => {
        running += 1; calls += 1;
        await new Promise((resolve) => setTimeout(resolve, 20));
        const seen = { running, calls, thread: globalThis.thread ??= Math.random() };
        running -= 1;
        return seen; };`);
    const answers = (await Promise.all(Array.from({ length: 12 }, () => answer(invoke())))) as {
      running: number;
      calls: number;
      thread: number;
    }[];
    expect(new Set(answers.map(({ running }) => running))).toEqual(new Set([1]));
    expect(Math.max(...answers.map(({ calls }) => calls))).toBeGreaterThan(1);
    expect(new Set(answers.map(({ thread }) => thread)).size).toBeGreaterThan(1);
  });

  it('more sandboxes than processors are started while calls do nothing but wait', async () => {
    const invoke = run(`let calls = 0; export const handler = async ({ hold }) => {
      calls += 1; if (hold) await new Promise(() => {}); return calls; };`);
    const held = Array.from({ length: 8 }, () => invoke({ hold: true }));
    expect(await answer(invoke({ hold: false }))).toBe(1);
    expect(host?.counts()['f']).toBeGreaterThan(8);
    await host?.close(0);
    expect((await Promise.all(held)).map(({ kind }) => kind)).toEqual(Array.from({ length: 8 }, () => 'failed'));
  });

  it('an error that it throws fails the invocation and leaves the sandbox in use', async () => {
    const invoke = run(
      `let calls = 0; export const handler = () => { if (++calls === 1) throw new RangeError('no'); return calls; };`,
    );
    expect(await invoke()).toMatchObject({
      kind: 'failed',
      errorType: 'RangeError',
      text: expect.stringContaining('no') as string,
    });
    expect(await answer(invoke())).toBe(2);
  });

  it.each([
    ['takes too long', 'await new Promise(() => {});', 'Task timed out after 0.20 seconds'],
    ['never gives way', 'for (;;);', 'Task timed out after 0.20 seconds'],
    ['exits', 'process.exit(3);', 'The function ended with code 3'],
    [
      'crashes beside its invocation',
      "setTimeout(() => { throw new Error('beside'); }); await new Promise(() => {});",
      'beside',
    ],
  ])('one that %s fails, and the next call gets a new sandbox', async (_what, body, text) => {
    const invoke = run(`export const handler = async ({ ok }) => { if (ok) return 'ok'; ${body} };`, {
      timeoutMs: 200,
    });
    expect(await invoke({})).toMatchObject({ kind: 'failed', text: expect.stringContaining(text) as string });
    expect(await answer(invoke({ ok: true }))).toBe('ok');
    await eventually(() => host?.counts()['f']).toBe(1);
  });

  it('one whose bundle does not load fails each call with the reason, and the start of the runtime', async () => {
    const invoke = run(`throw new Error('lacks TABLE_NAME');`);
    expect(await invoke()).toMatchObject({
      kind: 'failed',
      text: expect.stringContaining('lacks TABLE_NAME') as string,
    });
    await expect(host?.warm()).rejects.toThrow(/The function f does not start: .*lacks TABLE_NAME/s);
  });

  it('while it closes, a running invocation ends and none is begun', async () => {
    const invoke = run(`export const handler = () => new Promise((resolve) => setTimeout(resolve, 50, 'done'));`);
    await host?.warm();
    const running = answer(invoke());
    const closing = host?.close(5_000);
    expect(await invoke()).toMatchObject({ kind: 'failed', errorType: 'Runtime.Closing' });
    expect(await running).toBe('done');
    await closing;
  });
});
