// `npm run check:openapi`: Redocly's linter over docs/openapi.json, its recommended rules, findings of any severity.
// The unit tests check that the file matches the code.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const home = mkdtempSync(join(tmpdir(), 'relay-openapi-'));

const linter = spawnSync(
  join(root, 'node_modules', '.bin', 'redocly'),
  // Two calls answer with a redirect and nothing else, which the rule does not count as success.
  ['lint', '--format=json', '--skip-rule=operation-2xx-response', 'docs/openapi.json'],
  {
    cwd: root,
    encoding: 'utf8',
    timeout: 60_000,
    // Redocly would report its use and look for newer versions; this check must not use the network.
    env: { ...process.env, HOME: home, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true', CI: 'true' },
  },
);
rmSync(home, { recursive: true, force: true });

interface Problem {
  readonly ruleId: string;
  readonly severity: string;
  readonly message: string;
  readonly location: readonly { readonly pointer?: string }[];
}

const { problems } = JSON.parse(linter.stdout) as { readonly problems: readonly Problem[] };
for (const { ruleId, severity, message, location } of problems) {
  process.stdout.write(`${severity} ${ruleId}: ${message} at ${location[0]?.pointer ?? 'the document'}\n`);
}
process.stdout.write(`redocly: ${problems.length} findings in docs/openapi.json\n`);
process.exit(problems.length === 0 && linter.status === 0 ? 0 : 1);
