// The steps of a new user: synthesise, bootstrap, deploy, store the key, make accounts, run the doctor, use the relay.
// The system tests are its use, over HTTP and the command line only.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withoutRefused, writeTemplate } from './assembly-template.ts';
import { assert, only, STACK_NAME, step } from './deploy-world.ts';
import type { DeployWorld } from './deploy-world.ts';
import type { StackState } from './stack-state.ts';

/** Test files that mostly need nothing of the relay's own machine; their tests that do are skipped by name. */
const checkedTests = ['tasks', 'error-tables', 'clients', 'command-line'];
/** Fewer would mean that tests were not found. */
const PASSED_MIN = 80;

interface FirstDeployment {
  readonly state: StackState;
  /** Logical ids that the emulator cannot make. */
  readonly leftOut: readonly string[];
  readonly resources: number;
}

export async function deployFirst(world: DeployWorld): Promise<FirstDeployment> {
  const first = await step('cdk synth, with cdk-nag', async () => {
    const { dir, template } = await world.synthesise('first', world.settings);
    const reduced = withoutRefused(template);
    writeTemplate(dir, reduced.template);
    const resources = Object.keys(template.Resources).length;
    const found = `${resources} resources, ${reduced.left.length} left out`;
    return { value: { dir, leftOut: reduced.left, resources }, found };
  });
  await step('cdk bootstrap', async () => {
    await world.tools.cdk('bootstrap', 'aws://000000000000/us-east-1');
    return only('the toolkit stack exists');
  });
  const state = await step('cdk deploy', async () => {
    await world.deploy(first.dir);
    const value = await world.state();
    assert(value.status === 'CREATE_COMPLETE', `the stack is ${value.status}`);
    return { value, found: `${Object.keys(value.resources).length} resources made` };
  });
  return { state, leftOut: first.leftOut, resources: first.resources };
}

interface Users {
  readonly apiKey: string;
  /** File that tells the tests the relay's address and keys. */
  readonly targetPath: string;
}

export async function makeUsers(
  { tools, simulatorUrl, folder }: DeployWorld,
  { ApiUrl: url, CallbacksUrl: callbacksUrl }: StackState['outputs'],
): Promise<Users> {
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
    const value = join(folder, 'target.json');
    writeFileSync(
      value,
      JSON.stringify({ url, callbacksUrl, apiKey, simulatorUrl, pid: 0, keys, stackName: STACK_NAME }),
    );
    return { value, found: 'three accounts, one of them with a revoked key' };
  });
  return { apiKey, targetPath };
}

export async function checkRelay({ tools, folder }: DeployWorld, targetPath: string): Promise<void> {
  await step('relay doctor', async () => {
    const task = ['--task', 'simulator/5003.0/text-to-image'];
    const { checks } = await tools.relay<{ checks: { name: string; status: string }[] }>(['doctor', ...task]);
    const byStatus = Map.groupBy(checks, ({ status }) => status);
    const warned = (byStatus.get('warning') ?? []).map(({ name }) => name).join(', ');
    const counts = [...byStatus].map(([status, all]) => `${all.length} ${status}`).join(', ');
    return only(warned === '' ? counts : `${counts} (${warned})`);
  });
  await step('the system tests, by HTTP and by the command line', async () => {
    const files = checkedTests.map((name) => `test/system/${name}.test.ts`);
    const report = join(folder, 'tests.json');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    await tools.run('vitest', ['run', ...files, ...reporters], {
      environment: { RELAY_TARGET: targetPath },
      isLoud: true,
    });
    const counted = JSON.parse(readFileSync(report, 'utf8')) as Record<
      'numPassedTests' | 'numPendingTests' | 'numFailedTests',
      number
    >;
    const { numPassedTests: passed, numPendingTests: skipped, numFailedTests: failed } = counted;
    assert(failed === 0 && passed >= PASSED_MIN, `${passed} passed, ${failed} failed`);
    return only(`${passed} passed; ${skipped} skipped, which need the relay's own machine or a path of the emulator's`);
  });
}
