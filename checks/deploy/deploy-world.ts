// What the steps of the deploy test share: the emulator, the simulator in Get3W's place, the tools, and the record of
// what was done. Everything that is started is stopped again, whatever happened in between.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSimulator } from '../../simulator/start-simulator.ts';
import { localSettings } from '../../local/template/local-settings.ts';
import { startMiniStack } from '../../test/support/ministack.ts';
import { readTemplate } from './assembly-template.ts';
import { makeTools, nodeOptions } from './deploy-tools.ts';
import { stackReader } from './stack-state.ts';
import type { Template } from './assembly-template.ts';
import type { StepResult } from './deploy-report.ts';
import type { MiniStack } from '../../test/support/ministack.ts';
import type { ToolResult, Tools } from './deploy-tools.ts';
import type { StackReader, StackState } from './stack-state.ts';

export const STACK_NAME = 'relay-e2e';

interface Assembly {
  readonly dir: string;
  readonly template: Template;
}

export interface DeployWorld {
  readonly emulator: MiniStack;
  readonly simulatorUrl: string;
  readonly tools: Tools;
  readonly stack: StackReader;
  /** For files of this run. */
  readonly folder: string;
  /** With waits of seconds, or the tests would take an hour. */
  readonly settings: ReturnType<typeof localSettings>;
  /** The present stack, which must exist. */
  state(): Promise<StackState>;
  /** @param choices further context values, over those of all deployments here. */
  synthesise(name: string, settings: object, choices?: Readonly<Record<string, string>>): Promise<Assembly>;
  deploy(dir: string, mayFail?: boolean): Promise<ToolResult>;
}

export const steps: StepResult[] = [];
const closing: (() => Promise<void>)[] = [];

/** Runs one step, prints its result, and keeps it for the report. */
export async function step<Value>(
  what: string,
  work: () => Promise<{ readonly found: string; readonly value: Value }>,
): Promise<Value> {
  process.stdout.write(`… ${what}\n`);
  const startedAt = performance.now();
  const { found, value } = await work();
  const seconds = (performance.now() - startedAt) / 1_000;
  steps.push({ what, seconds, found });
  process.stdout.write(`  ${seconds.toFixed(1)} s: ${found}\n`);
  return value;
}

/** For steps whose value is not needed later. */
export function only(found: string): { readonly found: string; readonly value: undefined } {
  return {
    found,
    value: undefined,
  };
}

/** @throws Error that ends the run. */
export function assert(isRight: boolean, text: string): void {
  if (!isRight) throw new Error(text);
}

export async function openWorld(): Promise<DeployWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'relay-deploy-'));
  closing.push(async () => rmSync(folder, { recursive: true, force: true }));
  const emulator = await step('start MiniStack, fetched from PyPI', async () => {
    // The functions of a relay with a simulator call each other by the emulator's host names.
    const value = await startMiniStack(join(import.meta.dirname, 'requirements.txt'), { NODE_OPTIONS: nodeOptions });
    closing.push(() => value.stop());
    return { value, found: `version ${value.version}, on loopback` };
  });
  const simulator = await startSimulator({ port: 0, settings: { durationMs: 200 } });
  closing.push(() => simulator.close());
  const tools = makeTools(emulator.environment, STACK_NAME);
  const stack = stackReader(emulator.url, STACK_NAME);
  return {
    ...{ emulator, simulatorUrl: simulator.url, tools, stack, folder },
    settings: localSettings({ isQuick: true, callbacks: true, isSimulated: true }),
    async state() {
      const found = await stack.read();
      if (!found) throw new Error('the stack does not exist');
      return found;
    },
    async synthesise(name, settings, choices = { get3wUrl: simulator.url, stackName: STACK_NAME }) {
      const dir = join(folder, name);
      const context = {
        ...{ ...choices, settings: JSON.stringify(settings) },
        // The tests are one client that is in a hurry.
        ...{ ratePerSecond: '5000', burst: '5000' },
      };
      const options = Object.entries(context).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
      await tools.cdk('synth', '--quiet', '--output', dir, ...options);
      return { dir, template: readTemplate(dir) };
    },
    deploy: (dir, mayFail = false) =>
      tools.run('cdk', ['deploy', '--app', dir, '--require-approval', 'never', '--no-notices'], { mayFail }),
  };
}

/** Stops what was started, in reverse order. */
export async function closeWorld(): Promise<void> {
  for (const close of closing.reverse()) await close();
}
