// A second relay in the same account, deployed with `-c simulator=true`: its simulator runs as a function of its own,
// serves the relay and, through the command line, an operator, and refuses calls without its key.
import { until } from '../../test/support/until.ts';
import { withoutRefused, writeTemplate } from './assembly-template.ts';
import { assert, only, step } from './deploy-world.ts';
import { makeTools } from './deploy-tools.ts';
import { stackReader } from './stack-state.ts';
import type { Tools } from './deploy-tools.ts';
import type { DeployWorld } from './deploy-world.ts';
import type { StackState } from './stack-state.ts';

const STACK_NAME = 'relay-trial';

const SCRIPTED = 'simulator/429.5003.lost.0/text-to-image';

interface Diagnosis {
  readonly checks: readonly { readonly name: string; readonly status: string; readonly detail: string }[];
}

interface Ledger {
  readonly accepted: number;
  readonly charged: number;
  readonly refunded: number;
}

export async function tryOwnSimulator(world: DeployWorld): Promise<void> {
  const { emulator } = world;
  const tools = makeTools(emulator.environment, STACK_NAME);
  const stack = stackReader(emulator.url, STACK_NAME);
  const dir = await step('a second relay, with a simulator of its own: cdk deploy', async () => {
    const choices = { name: 'trial', stackName: STACK_NAME, simulator: 'true', retainData: 'false' };
    const assembly = await world.synthesise('trial', world.settings, choices);
    writeTemplate(assembly.dir, withoutRefused(assembly.template).template);
    await world.deploy(assembly.dir);
    return { value: assembly.dir, found: `${Object.keys(assembly.template.Resources).length} resources` };
  });
  const state = await stack.read();
  if (state === undefined) throw new Error('the second relay does not exist');
  await step('relay init and relay doctor on it', async () => {
    const { curl } = await tools.relay<{ curl: string }>(['init', '--account', 'trial']);
    const { stdout } = await tools.run('sh', ['-c', curl]);
    const { id, attempts } = JSON.parse(stdout) as { id?: string; attempts?: readonly unknown[] };
    assert(id !== undefined && attempts !== undefined, `the call that init prints was answered with ${stdout}`);
    const { checks } = await tools.relay<Diagnosis>(['doctor']);
    const task = checks.find(({ name }) => name === 'task');
    assert(task?.status === 'ok', `the scripted task: ${task?.detail ?? 'was not tried'}`);
    return only(`needs no Get3W key, and the call that it prints works; ${task?.detail ?? ''}`);
  });
  await step('failures through it; its ledger and settings only with its key', () => useSimulator(state, tools));
  await step('cdk destroy of it', async () => {
    await tools.run('cdk', ['destroy', '--app', dir, '--force', '--no-notices']);
    await until(async () => (await stack.read()) === undefined);
    return only('nothing remains: it was deployed with retainData=false');
  });
}

/** Tries a call without the key, a change by the command line, and a task with lost answers. */
async function useSimulator({ outputs }: StackState, tools: Tools) {
  const stranger = await fetch(`${outputs['SimulatorUrl']}/_simulator/ledger`, {
    headers: { authorization: 'Bearer sk_any' },
  });
  assert(stranger.status === 401, `a call without the key was answered with ${stranger.status}`);
  await tools.relay(['simulator', 'set', '{"durationMs":1500}']);
  const before = await tools.relay<Ledger>(['simulator', 'ledger']);
  const { checks } = await tools.relay<Diagnosis>(['doctor', '--task', SCRIPTED]);
  const task = checks.find(({ name }) => name === 'task');
  assert(task?.status === 'ok', `the task through ${SCRIPTED}: ${task?.detail ?? 'was not tried'}`);
  const after = await tools.relay<Ledger>(['simulator', 'ledger']);
  const paid = (counts: Ledger): number => counts.charged - counts.refunded;
  // The submit with the lost answer made a task, whose callback ended the relay's task: no second one was paid.
  assert(paid(after) - paid(before) === 1, `${paid(after) - paid(before)} tasks were paid`);
  return only(`401 without the key; ${task?.detail ?? ''} ${after.accepted - before.accepted} tasks made, one paid`);
}
