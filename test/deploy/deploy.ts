// `npm run e2e:deploy`: the real `cdk` deploys the very stack to an emulator of AWS on this machine; then everything a
// user and an operator do with it, upgrade, failed upgrade and removal included. Ends with 1 when anything is not as it
// should be. With --report it also writes docs/deploy-report.md.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import './localhost-names.ts';
import { changeCode, readTemplate, withoutRefused, writeTemplate } from './assembly-template.ts';
import { writeReport } from './deploy-report.ts';
import { makeTools } from './deploy-tools.ts';
import { runProbes } from './emulator-probes.ts';
import { replacedBetween, stackReader } from './stack-state.ts';
import { startMiniStack } from '../support/ministack.ts';
import { RelayClient } from '../support/relay-client.ts';
import { until } from '../support/until.ts';
import { startSimulator } from '../../local/get3w/start-simulator.ts';
import { localSettings } from '../../local/template/local-settings.ts';
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DescribeSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Template } from './assembly-template.ts';
import type { StepResult } from './deploy-report.ts';
import type { StackState } from './stack-state.ts';

const STACK = 'relay-e2e';
const CHECKED_TESTS = ['tasks', 'error-tables', 'clients', 'command-line'];

const folder = mkdtempSync(join(tmpdir(), 'relay-deploy-'));
const closing: (() => Promise<void>)[] = [async () => rmSync(folder, { recursive: true, force: true })];
const steps: StepResult[] = [];

const assert = (isRight: boolean, text: string): void => {
  if (!isRight) throw new Error(text);
};

/** Does one step, says how it went, and keeps it for the report. */
const step = async <Value>(what: string, work: () => Promise<{ found: string; value: Value }>): Promise<Value> => {
  process.stdout.write(`… ${what}\n`);
  const startedAt = performance.now();
  const { found, value } = await work();
  const seconds = (performance.now() - startedAt) / 1_000;
  steps.push({ what, seconds, found });
  process.stdout.write(`  ${seconds.toFixed(1)} s: ${found}\n`);
  return value;
};

const only = (found: string): { found: string; value: undefined } => ({ found, value: undefined });

const main = async (): Promise<void> => {
  const emulator = await step('start MiniStack, fetched from PyPI', async () => {
    const value = await startMiniStack(join(import.meta.dirname, 'requirements.txt'));
    closing.push(() => value.stop());
    return { value, found: `version ${value.version}, on loopback` };
  });
  const simulator = await startSimulator({ port: 0, settings: { durationMs: 200 } });
  closing.push(() => simulator.close());
  const tools = makeTools(emulator.environment, STACK);
  const stack = stackReader(emulator.url, STACK);
  const state = async (): Promise<StackState> => {
    const found = await stack.read();
    if (!found) throw new Error('there is no stack');
    return found;
  };
  const synthesise = async (name: string, settings: object): Promise<{ dir: string; template: Template }> => {
    const dir = join(folder, name);
    const context = { get3wUrl: simulator.url, stackName: STACK, settings: JSON.stringify(settings), burst: '5000' };
    const choices = Object.entries({ ...context, ratePerSecond: '5000' }).flatMap(([key, value]) => [
      '-c',
      `${key}=${value}`,
    ]);
    await tools.cdk('synth', '--quiet', '--output', dir, ...choices);
    return { dir, template: readTemplate(dir) };
  };
  const deploy = (dir: string, mayFail = false) =>
    tools.run('cdk', ['deploy', '--app', dir, '--require-approval', 'never', '--no-notices'], { mayFail });

  const settings = localSettings({ isQuick: true, callbacks: true });
  const { left, whole } = await step('cdk synth, with cdk-nag', async () => {
    const { dir, template } = await synthesise('first', settings);
    const reduced = withoutRefused(template);
    writeTemplate(dir, reduced.template);
    const count = Object.keys(template.Resources).length;
    return {
      value: { left: reduced.left, whole: count },
      found: `${count} resources, ${reduced.left.length} left out`,
    };
  });
  await step('cdk bootstrap', async () => {
    await tools.cdk('bootstrap', 'aws://000000000000/us-east-1');
    return only('the toolkit stack is there');
  });
  const first = await step('cdk deploy', async () => {
    await deploy(join(folder, 'first'));
    const value = await state();
    assert(value.status === 'CREATE_COMPLETE', `the stack is ${value.status}`);
    return { value, found: `${Object.keys(value.resources).length} resources made` };
  });
  const url = first.outputs['ApiUrl'] ?? '';

  const apiKey = await step('relay secret set, relay init', async () => {
    await tools.relay(['secret', 'set'], 'sk_simulated_get3w_key\n');
    const { key } = await tools.relay<{ key: string }>(['init', '--account', 'first']);
    return { value: key, found: 'the Get3W key is stored, the first account and key are made' };
  });
  const keyOf = async (name: string, ...traits: string[]): Promise<{ key: string; id: string; accountId: string }> => {
    const { id: accountId } = await tools.relay<{ id: string }>(['accounts', 'create', name, ...traits]);
    const made = await tools.relay<{ key: string; id: string }>(['keys', 'create', accountId]);
    return { ...made, accountId };
  };
  const targetPath = await step('accounts and keys for the tests', async () => {
    const [limited, empty, revoked] = await Promise.all([
      keyOf('one at once', '--limit', '1'),
      keyOf('no credit', '--balance', '0'),
      keyOf('revoked'),
    ]);
    await tools.relay(['keys', 'revoke', revoked.accountId, revoked.id]);
    const keys = { limited: limited.key, empty: empty.key, revoked: revoked.key };
    const target = { url, apiKey, simulatorUrl: simulator.url, pid: 0, keys, stackName: STACK };
    const value = join(folder, 'target.json');
    writeFileSync(value, JSON.stringify(target));
    return { value, found: 'three accounts' };
  });
  await step('relay doctor', async () => {
    const diagnosis = await tools.relay<{ checks: { name: string; status: string; detail: string }[] }>([
      'doctor',
      '--task',
      'simulator/5003.0/text-to-image',
    ]);
    const counts = Map.groupBy(diagnosis.checks, ({ status }) => status);
    const warned = (counts.get('warning') ?? []).map(({ name }) => name).join(', ');
    return only([...counts].map(([status, all]) => `${all.length} ${status}`).join(', ') + (warned && ` (${warned})`));
  });
  await step('the system tests, by HTTP and by the command line', async () => {
    const files = CHECKED_TESTS.map((name) => `test/system/${name}.test.ts`);
    const report = join(folder, 'tests.json');
    await tools.run(
      'vitest',
      ['run', ...files, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
      {
        environment: { RELAY_TARGET: targetPath },
        isLoud: true,
      },
    );
    const { default: counted } = (await import(report, { with: { type: 'json' } })) as {
      default: { numPassedTests: number; numPendingTests: number; numFailedTests: number };
    };
    const { numPassedTests: passed, numPendingTests: skipped, numFailedTests: failed } = counted;
    assert(failed === 0 && passed > 80, `${passed} passed, ${failed} failed`);
    return only(`${passed} passed, ${skipped} skipped by name: they need to be on the relay's own machine`);
  });

  const client = new RelayClient(url, apiKey);
  const listed = async (): Promise<number> =>
    (await client.call<{ data: readonly unknown[] }>('GET', '/v1/requests?limit=100')).body.data.length;
  const tasksBefore = await listed();
  const second = await step('another release: new code in every function, other settings', async () => {
    const underWay = await client.submit('simulator/5003.5003.0/during-the-upgrade');
    const { dir, template } = await synthesise('second', { ...settings, deadlineMs: 6 * 3_600_000 });
    const functions = changeCode(dir);
    writeTemplate(dir, withoutRefused(readTemplate(dir)).template);
    assert(Object.keys(template.Resources).length === whole, 'the second release has other resources');
    await deploy(dir);
    const value = await state();
    const replaced = replacedBetween(first, value);
    assert(value.status === 'UPDATE_COMPLETE', `the stack is ${value.status}`);
    assert(replaced.length === 0, `replaced: ${replaced.join(', ')}`);
    assert((await client.ended(underWay)).status === 'completed', 'the task under way was lost');
    assert((await listed()) >= Math.min(100, tasksBefore), 'tasks are gone');
    return {
      value,
      found: `${functions} functions changed, nothing replaced, the task under way completed, no data lost`,
    };
  });
  await step('a release that cannot be deployed', async () => {
    const { dir, template } = await synthesise('third', settings);
    changeCode(dir);
    const broken = {
      Type: 'AWS::Lambda::EventSourceMapping',
      Properties: {
        FunctionName: 'no-such-function',
        EventSourceArn: 'arn:aws:sqs:us-east-1:000000000000:no-such-queue',
      },
    };
    const { template: reduced } = withoutRefused(template);
    writeTemplate(dir, { ...reduced, Resources: { ...reduced.Resources, ZzzBroken: broken } });
    const { exitCode } = await deploy(dir, true);
    assert(exitCode !== 0, 'the broken release was deployed');
    const value = await state();
    assert(value.status === 'UPDATE_ROLLBACK_COMPLETE', `the stack is ${value.status}`);
    const replaced = replacedBetween(second, value);
    assert(replaced.length === 0, `replaced: ${replaced.join(', ')}`);
    const id = await client.submit('simulator/5003.0/after-the-rollback');
    assert((await client.ended(id)).status === 'completed', 'the relay does not work after the rollback');
    return only('rolled back by itself, nothing replaced, and a task completes');
  });

  const probes = await step('probes of the emulator', async () => {
    const value = await runProbes({ endpoint: emulator.url, state: await state() });
    return { value, found: `${value.filter(({ isAsInAws }) => !isAsInAws).length} of ${value.length} differ` };
  });
  const retained = await step('cdk destroy', async () => {
    const dir = join(folder, 'second');
    const refused = await tools.run('cdk', ['destroy', '--app', dir, '--force', '--no-notices'], { mayFail: true });
    assert((await stack.read()) !== undefined, 'a protected stack was deleted');
    assert(refused.exitCode !== 0, 'cdk did not say that the stack is protected');
    await stack.unprotect();
    await tools.cdk('destroy', '--app', dir, '--force');
    await until(async () => (await stack.read()) === undefined);
    const value = await whatRemains(emulator.url, second);
    assert(value.length === 2, `still there: ${value.join(', ') || 'nothing'}`);
    return { value, found: 'refused while the stack is protected, then done; table and secret stay' };
  });
  if (process.argv.includes('--report')) {
    await writeReport({ miniStackVersion: emulator.version, steps, probes, leftOut: left, resources: whole, retained });
  }
  process.stdout.write(`\n${steps.length} steps, all well\n`);
};

/** The table and the secret of the stack that was deleted, if they are still there. */
const whatRemains = async (endpoint: string, { outputs }: StackState): Promise<readonly string[]> => {
  const options = { endpoint, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
  const isThere = (asking: Promise<unknown>): Promise<boolean> =>
    asking.then(
      () => true,
      () => false,
    );
  const remains: string[] = [];
  const table = new DescribeTableCommand({ TableName: outputs['TableName'] });
  if (await isThere(new DynamoDBClient(options).send(table))) remains.push('the table, with every task and account');
  const secret = new DescribeSecretCommand({ SecretId: outputs['Get3WKeySecretArn'] });
  if (await isThere(new SecretsManagerClient(options).send(secret))) remains.push('the secret with the Get3W key');
  return remains;
};

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
} finally {
  for (const close of closing.reverse()) await close();
}
// Clients of the SDK keep sockets open, which nobody waits for.
process.exit();
