// `npm run check:template`: checks the template as it is deployed with cfn-lint and checkov, fetched from PyPI.
// Accepted findings are listed here with their reasons; one that no longer occurs must be removed. cdk-nag runs at
// synthesis.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pythonPrograms } from '../../test/support/ministack.ts';

const accepted: Readonly<Record<string, string>> = {
  W3005: 'CDK repeats the dependency on a role, so that its policy exists before the function.',
  'W3037 describealarmcontributors': 'An action of CloudWatch since 2025, which is not yet in the list of cfn-lint.',
  CKV_AWS_18:
    'Objects are reached by addresses that the relay signs, and its log has each; a log of access is a bucket and a cost more.',
  CKV_AWS_21:
    'An object is written once under a name of its own; a version kept after an erasure would be what was erased.',
  CKV_AWS_26:
    'Alarms contain names and numbers; a KMS key would cost a dollar a month and lock CloudWatch out by default.',
  CKV_AWS_27: 'Queues are encrypted with the key of SQS itself; they contain ids only.',
  CKV_AWS_115: 'A reserved concurrency below that of the event source loses messages; the sources limit it instead.',
  CKV_AWS_116: 'Queues have dead-letter queues of their own; the sweep is called again every minute.',
  CKV_AWS_117:
    'No VPC: the functions call public services only, and a NAT gateway would cost more than everything else.',
  CKV_AWS_119: 'Encrypted with the key of DynamoDB; a key of your own is billed by the call.',
  CKV_AWS_149: 'Encrypted with the key of Secrets Manager; a key of your own adds cost and excludes no reader.',
  CKV_AWS_158: 'Encrypted with the key of CloudWatch; the code never logs prompts or keys.',
  CKV_AWS_173: 'The environment holds names and settings, no secret; it is encrypted with the key of Lambda.',
};

interface Finding {
  readonly rule: string;
  readonly place: string;
  readonly text: string;
}

const run = promisify(execFile);

/** Both programs exit with another code than 0 when they find something; only their output counts. */
async function outputOf(program: string, args: readonly string[]): Promise<string> {
  const environment = { ...process.env, CHECKOV_RUN_SCA_PACKAGE_SCAN: 'false' };
  try {
    return (await run(program, args, { env: environment, maxBuffer: 64 * 1024 * 1024 })).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    if (!stdout) throw new Error(`${program} did not run: ${stderr ?? String(error)}`, { cause: error });
    return stdout;
  }
}

interface LintMatch {
  readonly Rule: { readonly Id: string };
  readonly Message: string;
  readonly Location: { readonly Path?: readonly (string | number)[] };
}

/** An action that cfn-lint does not know is accepted by its name, so that the next typing error is still found. */
async function lint(programs: string, template: string): Promise<readonly Finding[]> {
  const printed = await outputOf(join(programs, 'cfn-lint'), ['--format', 'json', template]);
  return (JSON.parse(printed || '[]') as readonly LintMatch[]).map(({ Rule, Message: text, Location }) => ({
    rule: Rule.Id === 'W3037' ? `W3037 ${/^'([^']+)'/.exec(text)?.[1]}` : Rule.Id,
    place: (Location.Path ?? []).join('.'),
    text,
  }));
}

interface CheckovReport {
  readonly results?: {
    readonly failed_checks: readonly {
      readonly check_id: string;
      readonly check_name: string;
      readonly resource: string;
    }[];
    readonly passed_checks: readonly unknown[];
  };
}

async function audit(programs: string, template: string): Promise<readonly Finding[]> {
  const args = ['--file', template, '--framework', 'cloudformation', '--output', 'json', '--skip-download'];
  const { results } = JSON.parse(await outputOf(join(programs, 'checkov'), args)) as CheckovReport;
  // An audit that checked nothing would find nothing.
  if (!results || results.passed_checks.length === 0) throw new Error('checkov has checked nothing');
  return results.failed_checks.map(({ check_id: rule, check_name: text, resource: place }) => ({ rule, place, text }));
}

const folder = mkdtempSync(join(tmpdir(), 'relay-template-'));
try {
  const programs = await pythonPrograms('template', join(import.meta.dirname, 'requirements.txt'));
  // With the simulator, which adds resources to the stack and removes none.
  await run('cdk', ['synth', '--quiet', '--output', folder, '--no-notices', '-c', 'simulator=true']);
  const template = join(folder, 'Relay.template.json');
  const found = (await Promise.all([lint(programs, template), audit(programs, template)])).flat();
  const refused = found.filter(({ rule }) => !(rule in accepted));
  const needless = Object.keys(accepted).filter((rule) => !found.some((finding) => finding.rule === rule));
  for (const { rule, place, text } of refused) process.stdout.write(`${rule} ${place}: ${text}\n`);
  for (const rule of needless)
    process.stdout.write(`${rule} is accepted, but no longer found: remove it from the list\n`);
  const summary = `${found.length} findings, ${found.length - refused.length} of them accepted with their reasons`;
  process.stdout.write(`cfn-lint and checkov: ${summary}\n`);
  process.exitCode = refused.length + needless.length === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
