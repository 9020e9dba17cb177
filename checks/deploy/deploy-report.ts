// What a run of the deploy test found, written for people: `docs/deploy-report.md`. It only reports; deploy.ts decides
// what is done and whether it was right.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import type { ProbeResult } from './emulator-probes.ts';

export interface StepResult {
  readonly what: string;
  readonly seconds: number;
  /** What was observed. */
  readonly found: string;
}

interface DeployFindings {
  readonly miniStackVersion: string;
  readonly steps: readonly StepResult[];
  readonly probes: readonly ProbeResult[];
  /** Logical ids that the emulator's template lacks. */
  readonly leftOut: readonly string[];
  readonly resources: number;
  readonly retained: readonly string[];
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

const SEEN_CHARS = 60;

function textOf(findings: DeployFindings): string {
  const { miniStackVersion, steps, probes, leftOut, resources, retained } = findings;
  const total = steps.reduce((sum, { seconds }) => sum + seconds, 0);
  return [
    '# Deploy report',
    '',
    'Written by `npm run test:deploy -- --report`: the real stack, deployed by the real `cdk` to ' +
      `MiniStack (PyPI) ${miniStackVersion}, an emulator of AWS that runs CloudFormation, ` +
      'HTTP APIs, Lambda, SQS, DynamoDB and schedules on one machine. It is not an AWS account: what it does differently is ' +
      'listed below, with a probe for each that shows when the list can shrink.',
    '',
    '## Steps',
    '',
    row(['Step', 'Seconds', 'Found']),
    row(['---', '---:', '---']),
    ...steps.map(({ what, seconds, found }) => row([what, seconds.toFixed(1), found])),
    row(['all together', total.toFixed(1), '']),
    '',
    '## Where the emulator differs',
    '',
    row(['In AWS', 'In the emulator', 'Seen']),
    row(['---', '---', '---']),
    ...probes.map(({ what, isAsInAws, seen }) =>
      row([what, isAsInAws ? 'the same' : '**differs**', `\`${seen.slice(0, SEEN_CHARS)}\``]),
    ),
    '',
    `Because of the first three, the template that is deployed here lacks ${leftOut.length} of ${resources} resources, ` +
      'alarms and saved queries: no other difference is made, which a test enforces ' +
      '(`test/infra/deploy-differences.test.ts`). The local runtime evaluates every one of these alarms.',
    '',
    ...leftOut.map((logicalId) => `- \`${logicalId}\``),
    '',
    'The host names that the emulator gives to APIs do not resolve: every Node program of the test, functions ' +
      'included, starts with `checks/deploy/localhost-names.ts`, which resolves them to this machine.',
    '',
    'Functions run as processes on this machine, without the memory, the processor share and the cold starts of Lambda, ' +
      'roles are not enforced, and delays of queues are exact: the test proves nothing that depends on these.',
    '',
    '## What outlives the stack',
    '',
    'After `cdk destroy` these still existed, as they should; delete them by hand, or import them into a new stack:',
    '',
    ...retained.map((what) => `- ${what}`),
    '',
  ].join('\n');
}

export async function writeReport(findings: DeployFindings): Promise<void> {
  const path = join(import.meta.dirname, '..', '..', 'docs', 'deploy-report.md');
  writeFileSync(path, await format(textOf(findings), { parser: 'markdown', printWidth: 120 }));
}
