// The steps of an operator over time: another release with tasks under way, a release that cannot be deployed, and the
// removal.
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DescribeSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { RelayClient } from '../../test/support/relay-client.ts';
import { until } from '../../test/support/until.ts';
import { changeCode, readTemplate, withoutRefused, writeTemplate } from './assembly-template.ts';
import { assert, only, step } from './deploy-world.ts';
import { replacedBetween } from './stack-state.ts';
import { HOUR_MS } from '../../core/domain/time-ms.ts';
import type { DeployWorld } from './deploy-world.ts';
import type { StackState } from './stack-state.ts';

const PAGE = 100;

async function countTasks(client: RelayClient): Promise<number> {
  const { body } = await client.call<{ data: readonly unknown[] }>('GET', `/v1/requests?limit=${PAGE}`);
  return body.data.length;
}

function nothingReplaced(before: StackState, after: StackState): void {
  const replaced = replacedBetween(before, after);
  assert(replaced.length === 0, `replaced: ${replaced.join(', ')}`);
}

async function works(client: RelayClient): Promise<void> {
  const id = await client.submit('simulator/5003.0/text-to-image');
  assert((await client.ended(id)).status === 'completed', 'a task does not complete');
}

/** @returns the stack after the upgrade, and the folder of its assembly. */
export function upgrade(world: DeployWorld, before: StackState, client: RelayClient) {
  return step('another release: new code in every function, other settings', async () => {
    const tasks = await countTasks(client);
    const underWay = await client.submit('simulator/5003.5003.0/during-the-upgrade');
    const { dir } = await world.synthesise('second', { ...world.settings, deadlineMs: 6 * HOUR_MS });
    const functions = changeCode(dir);
    writeTemplate(dir, withoutRefused(readTemplate(dir)).template);
    await world.deploy(dir);
    const state = await world.state();
    assert(state.status === 'UPDATE_COMPLETE', `the stack is ${state.status}`);
    nothingReplaced(before, state);
    assert((await client.ended(underWay)).status === 'completed', 'the task under way was lost');
    assert((await countTasks(client)) >= Math.min(PAGE, tasks + 1), 'tasks are gone');
    await works(client);
    const found = `${functions} functions changed, nothing replaced, the task under way completed, no task lost`;
    return { value: { state, dir }, found };
  });
}

/** SQS delays by 900 seconds at most, and refuses more only when the queue is made. */
const broken = { Type: 'AWS::SQS::Queue', Properties: { DelaySeconds: 100_000 } };

export function failUpgrade(world: DeployWorld, before: StackState, client: RelayClient): Promise<void> {
  return step('a release that cannot be deployed', async () => {
    const { dir } = await world.synthesise('third', world.settings);
    changeCode(dir);
    const { template } = withoutRefused(readTemplate(dir));
    writeTemplate(dir, { ...template, Resources: { ...template.Resources, ZzzBroken: broken } });
    const { exitCode } = await world.deploy(dir, true);
    assert(exitCode !== 0, 'the broken release was deployed');
    const state = await world.state();
    assert(state.status === 'UPDATE_ROLLBACK_COMPLETE', `the stack is ${state.status}`);
    nothingReplaced(before, state);
    await works(client);
    return only('CloudFormation rolled back, nothing was replaced, and a task completes');
  });
}

/** @returns what rightly still exists. */
export function remove(world: DeployWorld, last: StackState, dir: string): Promise<readonly string[]> {
  return step('cdk destroy', async () => {
    const { tools, stack, emulator } = world;
    const args = ['destroy', '--app', dir, '--force', '--no-notices'];
    await tools.run('cdk', args, { mayFail: true });
    assert((await stack.read()) !== undefined, 'a protected stack was deleted');
    await stack.unprotect();
    await tools.run('cdk', args);
    await until(async () => (await stack.read()) === undefined);
    const value = await whatRemains(emulator.url, last);
    assert(value.length === 2, `still existing: ${value.join(', ') || 'nothing'}`);
    return { value, found: 'refused while the stack is protected, then done; table and secret remain' };
  });
}

async function whatRemains(endpoint: string, { outputs }: StackState): Promise<readonly string[]> {
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
}
