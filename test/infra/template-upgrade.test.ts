// What an update from the last release would replace or delete, by the word of `cdk diff` itself: a resource that is
// replaced loses what is in it, its address, or both. The template of that release is beside this file.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { App } from 'aws-cdk-lib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wholeProps } from '../../lib/monitoring-report/monitored-template.ts';
import { RelayStack } from '../../lib/relay-stack.ts';
import { defaultTemplate, stubBundlesDir } from '../support/relay-template.ts';
import type { RelayStackProps } from '../../lib/relay-stack.ts';
import type { Cfn } from '../support/relay-template.ts';

const root = join(import.meta.dirname, '..', '..');
const { release, template: released } = JSON.parse(
  readFileSync(join(import.meta.dirname, 'released-template.json'), 'utf8'),
) as { release: string; template: Cfn };

/** What this release replaces or deletes all the same, by its path, with what an operator has to know of it. */
const meant: Readonly<Record<string, string>> = {};

const folder = mkdtempSync(join(tmpdir(), 'relay-upgrade-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function assemblyOf(name: string, props: RelayStackProps = {}): string {
  const outdir = join(folder, name);
  const app = new App({ outdir, builtinCloudFormationValidation: false, analyticsReporting: false });
  new RelayStack(app, 'Relay', { bundlesDir: stubBundlesDir(), ...wholeProps, ...props });
  app.synth();
  return outdir;
}

/** Lines such as `AWS::SQS::Queue Relay/… will be replaced`: all that an update would take away, now or maybe. */
async function lossesBetween(before: Cfn, assembly: string): Promise<readonly string[]> {
  const file = join(folder, 'before.json');
  writeFileSync(file, JSON.stringify(before));
  const cdk = join(root, 'node_modules', 'aws-cdk', 'bin', 'cdk');
  const args = [cdk, 'diff', '--app', assembly, '--template', file, '--no-notices', '--no-color'];
  const options = { maxBuffer: 16 * 1024 * 1024, env: { ...process.env, CDK_DISABLE_CLI_TELEMETRY: 'true' } };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, options);
  const text = stdout + stderr;
  // A comparison that did not take place would find nothing.
  if (!text.includes('Number of stacks with differences')) throw new Error(`cdk diff has compared nothing:\n${text}`);
  return text
    .split('\n')
    .flatMap((line) => /^\[.\] (.+ (?:replace|destroy|orphan|may be replaced))\s*$/.exec(line)?.[1] ?? []);
}

let assembly: string;
beforeAll(() => void (assembly = assemblyOf('present')));

function isMeant(loss: string): boolean {
  return Object.keys(meant).some((path) => loss.includes(path));
}

describe('an update from the last release', () => {
  it('replaces and deletes only what is listed', async () => {
    const losses = await lossesBetween(released, assembly);
    expect(losses.filter((loss) => !isMeant(loss))).toEqual([]);
    expect(Object.keys(meant).filter((path) => !losses.some((loss) => loss.includes(path)))).toEqual([]);
  }, 60_000);

  it('is compared with a release that is not newer than this', () => {
    const numbers = (version: string): number[] => version.split('.').map(Number);
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    const [before, now] = [numbers(release), numbers(version)];
    const first = before.findIndex((number, index) => number !== now[index]);
    expect(first === -1 || (before[first] ?? 0) < (now[first] ?? 0)).toBe(true);
  });

  it('can take a simulator in and lose nothing by it', async () => {
    const losses = await lossesBetween(released, assemblyOf('simulated', { simulator: true }));
    expect(losses.filter((loss) => !isMeant(loss))).toEqual([]);
  }, 60_000);
});

/** Which indexes a template's table has, each with all that it is: one that changes is another one. */
function indexesOf(template: Cfn): readonly string[] {
  const tables = Object.values(template.Resources as Record<string, Cfn>).filter(
    ({ Type }) => Type === 'AWS::DynamoDB::Table',
  );
  return tables.flatMap(({ Properties }) =>
    ((Properties.GlobalSecondaryIndexes ?? []) as Cfn[]).map((index) => JSON.stringify(index)),
  );
}

function indexChanges(before: Cfn, after: Cfn): readonly string[] {
  const [old, fresh] = [indexesOf(before), indexesOf(after)];
  return [...old.filter((index) => !fresh.includes(index)), ...fresh.filter((index) => !old.includes(index))];
}

describe('the indexes of the table', () => {
  it('change by one at most: CloudFormation adds or removes only one in an update', () => {
    const { json: present } = defaultTemplate();
    expect(indexesOf(present).length).toBeGreaterThan(0);
    expect(indexChanges(released, present).length).toBeLessThanOrEqual(1);
  });

  it('count a changed projection as two changes: the index can only be replaced', () => {
    const changed = structuredClone(released);
    const table = Object.values(changed.Resources as Record<string, Cfn>).find(
      ({ Type }) => Type === 'AWS::DynamoDB::Table',
    );
    table?.Properties.GlobalSecondaryIndexes[1].Projection.NonKeyAttributes.push('status');
    expect(indexChanges(released, changed)).toHaveLength(2);
  });
});

describe('the comparison', () => {
  it('names what would be replaced, deleted or left behind', async () => {
    const changed = structuredClone(released);
    const resources = changed.Resources as Record<string, Cfn>;
    const [tableId = ''] = Object.keys(resources).filter((id) => resources[id].Type === 'AWS::DynamoDB::Table');
    const [alarmId = ''] = Object.keys(resources).filter((id) => resources[id].Type === 'AWS::CloudWatch::Alarm');
    resources[tableId].Properties.KeySchema[0].AttributeName = 'another';
    resources[alarmId].Properties.AlarmName = 'another';
    resources['RelayGoneQueue'] = { Type: 'AWS::SQS::Queue' };
    resources['RelayGoneTable'] = { Type: 'AWS::DynamoDB::Table', DeletionPolicy: 'Retain' };
    const losses = await lossesBetween(changed, assembly);
    expect(losses).toEqual(
      expect.arrayContaining([
        expect.stringMatching(new RegExp(`^AWS::DynamoDB::Table .*${tableId} replace$`)),
        expect.stringMatching(new RegExp(`^AWS::CloudWatch::Alarm .*${alarmId} replace$`)),
        'AWS::SQS::Queue RelayGoneQueue destroy',
        'AWS::DynamoDB::Table RelayGoneTable orphan',
      ]),
    );
  }, 60_000);
});
