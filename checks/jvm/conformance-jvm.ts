// `npm run test:conformance:jvm`: starts DynamoDB Local and ElasticMQ, runs the adapters' suites against them, and
// stops them. Needs Java and Maven, and reports when they are missing; the user must accept the licence of DynamoDB
// Local.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { requireCommands, startDynamoDbLocal, startElasticMq } from '../../test/support/jvm/jvm-servers.ts';
import type { JvmServer } from '../../test/support/jvm/jvm-servers.ts';

const config = fileURLToPath(new URL('vitest.config.ts', import.meta.url));
const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url));

const servers: JvmServer[] = [];

async function started(starting: Promise<JvmServer>): Promise<string> {
  const server = await starting;
  servers.push(server);
  return server.url;
}

try {
  requireCommands('java', 'mvn');
  const urls = {
    CONFORMANCE_DYNAMODB_URL: await started(startDynamoDbLocal()),
    CONFORMANCE_SQS_URL: await started(startElasticMq()),
  };
  const options = ['run', '--config', config, ...process.argv.slice(2)];
  const { status } = spawnSync(process.execPath, [vitest, ...options], {
    stdio: 'inherit',
    env: { ...process.env, ...urls },
  });
  process.exitCode = status ?? 1;
} catch (error) {
  process.stderr.write(`conformance:jvm: ${(error as Error).message}\n`);
  process.exitCode = 1;
} finally {
  await Promise.all(servers.map((server) => server.stop()));
}
