import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack, Validations } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { CfnQueue } from 'aws-cdk-lib/aws-sqs';
import { CURRENTLY_RECOMMENDED_FLAGS } from 'aws-cdk-lib/cx-api';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { RelayStack } from '../../lib/relay-stack.ts';
import { stubBundlesDir } from '../support/relay-template.ts';
import type { Cfn } from '../support/relay-template.ts';

const folders: string[] = [];

/** An app with CloudFormation's own rules and cdk-nag in force, as bin/app.ts makes it. */
function checkedApp(): App {
  const outdir = mkdtempSync(join(tmpdir(), 'relay-clean-'));
  folders.push(outdir);
  const app = new App({ outdir, context: CURRENTLY_RECOMMENDED_FLAGS });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return app;
}

function readReport(app: App): Cfn {
  return JSON.parse(readFileSync(join(app.outdir, 'validation-report.json'), 'utf8'));
}

/** Rule and construct of everything found, whichever plugin found it. */
function findingsOf(report: Cfn): string[] {
  return report.pluginReports.flatMap(({ violations }: Cfn) =>
    violations.flatMap(({ ruleName, violatingConstructs }: Cfn) =>
      violatingConstructs.map(({ constructPath }: Cfn) => `${ruleName} ${constructPath}`),
    ),
  );
}

let stack: RelayStack;
let app: App;

beforeAll(() => {
  // Everything switched on that a deployment may choose: what is not made is not checked.
  app = checkedApp();
  stack = new RelayStack(app, 'Relay', {
    bundlesDir: stubBundlesDir(),
    simulator: true,
    alarmEmail: 'ops@example.com',
    corsOrigins: ['https://app.example'],
    domain: { name: 'relay.example.com', certificateArn: 'arn:aws:acm:eu-west-1:123456789012:certificate/abc' },
  });
  app.synth();
  // CloudFormation's rules are a megabyte of WebAssembly: two seconds, many more where tests share a busy machine.
}, 60_000);

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

describe('synthesis', () => {
  it('finds nothing that CloudFormation would refuse or that cdk-nag would warn of', () => {
    expect(findingsOf(readReport(app))).toEqual([]);
  });

  it('would find it', () => {
    // CDK prints findings on the console, and exits with 1 when the stack must not be deployed.
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
    const faulty = checkedApp();
    new CfnQueue(new Stack(faulty, 'Faulty'), 'Queue', { visibilityTimeout: 50_000 });
    expect(() => faulty.synth()).toThrow();
    process.exitCode = 0;
    const findings = findingsOf(readReport(faulty));
    expect(findings).toContainEqual('F3034 Faulty/Queue');
    expect(findings).toContainEqual('AwsSolutions-SQS3 Faulty/Queue');
  }, 60_000);

  it('ends without a warning or an error', () => {
    expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toEqual([]);
    expect(Annotations.fromStack(stack).findError('*', Match.anyValue())).toEqual([]);
  });

  it('asks no AWS account for anything', () => {
    const manifest: Cfn = JSON.parse(readFileSync(join(app.outdir, 'manifest.json'), 'utf8'));
    expect(manifest.missing).toBeUndefined();
    expect(manifest.artifacts.Relay.environment).toBe('aws://unknown-account/unknown-region');
  });
});

interface Suppressed {
  readonly acknowledgedId: string;
  readonly acknowledgedAt: string;
  readonly reason: string;
  readonly violatingConstructs: readonly { readonly constructPath: string }[];
}

describe('findings of cdk-nag that are right as they are', () => {
  const suppressed = (): Suppressed[] =>
    readReport(app).pluginReports.flatMap(({ suppressedViolations }: Cfn) => suppressedViolations ?? []);

  it('are the few that are known', () => {
    const ids = new Set(suppressed().map(({ acknowledgedId }) => acknowledgedId.replace('AwsSolutions::', '')));
    const named = [...ids].map((id) => id.replace(/<Relay\w+/, '<…'));
    expect(named.sort()).toEqual([
      'AwsSolutions-APIG4',
      'AwsSolutions-IAM5[Resource::*]',
      'AwsSolutions-IAM5[Resource::<….Arn>/inputs/*]',
      'AwsSolutions-IAM5[Resource::<….Arn>/outputs/*]',
      'AwsSolutions-IAM5[Resource::<….Arn>/unused/*]',
      'AwsSolutions-S1',
      'AwsSolutions-SMG4',
    ]);
  });

  it('are acknowledged one by one, on the resource itself, each with a reason', () => {
    for (const { acknowledgedAt, reason, violatingConstructs } of suppressed()) {
      const [only, ...others] = violatingConstructs.map(({ constructPath }) => constructPath);
      expect(others).toEqual([]);
      expect([only, only?.replace(/\/Resource$/, '')]).toContain(acknowledgedAt);
      expect(reason.length).toBeGreaterThan(40);
    }
  });

  it('are still there: no acknowledgement outlives its finding', () => {
    const given = stack.node
      .findAll()
      .flatMap(({ node }) => node.metadata.filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY));
    expect(given).toHaveLength(suppressed().length);
  });
});
