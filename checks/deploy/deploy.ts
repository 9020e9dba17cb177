// `npm run test:deploy`: the real `cdk` deploys the real stack to an emulator of AWS on this machine; then the test
// does everything that a user and an operator do, including an upgrade, a failed upgrade and the removal. Exits with 1
// when a check fails. With --report it also writes docs/deploy-report.md.
import './localhost-names.ts';
import { RelayClient } from '../../test/support/relay-client.ts';
import { writeReport } from './deploy-report.ts';
import { closeWorld, openWorld, step, steps } from './deploy-world.ts';
import { runProbes } from './emulator-probes.ts';
import { checkRelay, deployFirst, makeUsers } from './first-hour.ts';
import { failUpgrade, remove, upgrade } from './later-releases.ts';
import { tryOwnSimulator } from './own-simulator.ts';

async function main(): Promise<void> {
  const world = await openWorld();
  const first = await deployFirst(world);
  const url = first.state.outputs['ApiUrl'] ?? '';
  const { apiKey, targetPath } = await makeUsers(world, first.state.outputs);
  if (!process.argv.includes('--no-tests')) await checkRelay(world, targetPath);
  await tryOwnSimulator(world);
  const client = new RelayClient(url, apiKey);
  const second = await upgrade(world, first.state, client);
  await failUpgrade(world, second.state, client);
  const probes = await step('probes of the emulator', async () => {
    const value = await runProbes({ endpoint: world.emulator.url, state: await world.state() });
    return { value, found: `${value.filter(({ isAsInAws }) => !isAsInAws).length} of ${value.length} differ` };
  });
  const retained = await remove(world, second.state, second.dir);
  const { leftOut, resources } = first;
  const findings = { miniStackVersion: world.emulator.version, steps, probes, leftOut, resources, retained };
  if (process.argv.includes('--report')) await writeReport(findings);
  process.stdout.write(`\n${steps.length} steps, all well\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
} finally {
  await closeWorld();
}
// Clients of the SDK keep sockets open, which would delay the exit.
process.exit();
