// The template of the stack for programs that only read it, with a line of code in place of each function: no bundling,
// no account. The alarm table and the cost of monitoring are made from it, so that they match what is deployed.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { environmentNames } from '../../core/contract/environment.ts';
import { SITE_FILE } from '../../core/contract/site.ts';
import { RelayStack } from '../relay-stack.ts';
import type { RelayStackProps } from '../relay-stack.ts';

/** The part of a template that is read here; values may be intrinsic functions. */
export interface MonitoredTemplate {
  readonly Resources: Readonly<
    Record<
      string,
      {
        readonly Type: string;
        readonly Properties?: Readonly<Record<string, unknown>>;
        readonly Metadata?: Readonly<Record<string, unknown>>;
      }
    >
  >;
}

/** Props that make every alarm, including those made only on demand. */
export const wholeProps: RelayStackProps = { alarmThresholds: { spendPerHour: 100, tasksPerHourMin: 1 } };

export function monitoredTemplate(props: RelayStackProps = {}): MonitoredTemplate {
  const folder = mkdtempSync(join(tmpdir(), 'relay-template-'));
  try {
    const bundlesDir = join(folder, 'bundles');
    for (const stage of Object.keys(environmentNames)) {
      mkdirSync(join(bundlesDir, stage), { recursive: true });
      writeFileSync(join(bundlesDir, stage, 'index.mjs'), 'export const handler = async () => {};\n');
    }
    writeFileSync(join(bundlesDir, 'console', SITE_FILE), '{"files":{}}');
    const app = new App({
      outdir: join(folder, 'out'),
      analyticsReporting: false,
      builtinCloudFormationValidation: false,
    });
    const stack = new RelayStack(app, 'Relay', { bundlesDir, ...props });
    return app.synth().getStackByName(stack.stackName).template as MonitoredTemplate;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
