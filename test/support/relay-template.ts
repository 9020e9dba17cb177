// The synthesised stack as tests read it: resources by type, with intrinsic functions written out as short text.
// Functions are stand-ins of one line, so that no test of the template waits for esbuild.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import type { AppProps } from 'aws-cdk-lib';
import { environmentNames } from '../../core/contract/environment.ts';
import { SITE_FILE } from '../../core/contract/site.ts';
import { RelayStack } from '../../lib/relay-stack.ts';
import type { RelayStackProps } from '../../lib/relay-stack.ts';

/** Any part of a template: plain data, read without types. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- templates have as many shapes as AWS has resources
export type Cfn = any;

export interface TemplateResource {
  readonly id: string;
  readonly type: string;
  readonly properties: Cfn;
  /** Everything beside the properties: DeletionPolicy, Metadata, DependsOn. */
  readonly whole: Cfn;
}

export interface RelayTemplate {
  readonly stack: RelayStack;
  readonly json: Cfn;
  readonly resources: readonly TemplateResource[];
  ofType(type: string): readonly TemplateResource[];
  /** @throws Error when there is not exactly one. */
  only(type: string): TemplateResource;
}

let stubs: string | undefined;

/** A folder with a bundle for every stage that does nothing. */
export function stubBundlesDir(): string {
  if (stubs !== undefined) return stubs;
  const folder = mkdtempSync(join(tmpdir(), 'relay-bundles-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const stage of Object.keys(environmentNames)) {
    mkdirSync(join(folder, stage));
    writeFileSync(join(folder, stage, 'index.mjs'), 'export const handler = async () => {};\n');
  }
  writeFileSync(join(folder, 'console', SITE_FILE), '{"files":{}}');
  return (stubs = folder);
}

/** Synthesises a stack called Relay, the way `cdk synth` does without an account. */
export function synthesise(props: RelayStackProps = {}, appProps: AppProps = {}): RelayTemplate {
  const outdir = mkdtempSync(join(tmpdir(), 'relay-synth-'));
  try {
    // CloudFormation's own rules cost a second each time; clean-synthesis.test.ts asks them once.
    const app = new App({ outdir, builtinCloudFormationValidation: false, ...appProps });
    const stack = new RelayStack(app, 'Relay', { bundlesDir: stubBundlesDir(), ...props });
    return asTemplate(stack, app.synth().getStackByName(stack.stackName).template);
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

let plain: RelayTemplate | undefined;
let simulated: RelayTemplate | undefined;

/** The stack with nothing chosen, synthesised once for all tests that only read it. */
export function defaultTemplate(): RelayTemplate {
  return (plain ??= synthesise());
}

/** The same with the simulator in Get3W's place. */
export function simulatedTemplate(): RelayTemplate {
  return (simulated ??= synthesise({ simulator: true }));
}

function asTemplate(stack: RelayStack, json: Cfn): RelayTemplate {
  const resources = Object.entries<Cfn>(json.Resources).map(([id, whole]) => ({
    id,
    type: whole.Type as string,
    properties: whole.Properties ?? {},
    whole,
  }));
  const ofType = (type: string) => resources.filter((resource) => resource.type === type);
  return {
    stack,
    json,
    resources,
    ofType,
    only: (type) => {
      const [found, ...others] = ofType(type);
      if (!found || others.length > 0) throw new Error(`${others.length + (found ? 1 : 0)} resources of type ${type}`);
      return found;
    },
  };
}

/**
 * Writes an intrinsic function as text, logical ids without their hash: `<RelayStoreTable.Arn>/index/due`,
 * `<AWS::AccountId>`; of a text in parts, `<AWS::StackId/2>` is the third. Text stays text.
 */
export function render(value: Cfn): string {
  if (typeof value === 'string') return value;
  if (value?.Ref !== undefined) return `<${withoutHash(value.Ref)}>`;
  if (value?.['Fn::GetAtt'] !== undefined) return `<${withoutHash(value['Fn::GetAtt'][0])}.${value['Fn::GetAtt'][1]}>`;
  if (value?.['Fn::Join'] !== undefined) return value['Fn::Join'][1].map(render).join(value['Fn::Join'][0]);
  const [index, list] = (value?.['Fn::Select'] ?? []) as Cfn[];
  if (list?.['Fn::Split'] !== undefined) return `<${render(list['Fn::Split'][1]).slice(1, -1)}/${index}>`;
  if (value?.['Fn::FindInMap'] !== undefined) return `<${value['Fn::FindInMap'].slice(1).map(render).join('.')}>`;
  throw new Error(`cannot render ${JSON.stringify(value)}`);
}

/** CDK ends each logical id with eight hexadecimal digits of the path's hash. */
export function withoutHash(logicalId: string): string {
  return logicalId.replace(/[0-9A-F]{8}$/, '');
}

export function asList<T>(value: T | readonly T[] | undefined): readonly T[] {
  return value === undefined ? [] : Array.isArray(value) ? (value as readonly T[]) : [value as T];
}
