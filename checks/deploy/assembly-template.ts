// The deploy test's changes of the output of `cdk synth`: it removes what the emulator cannot make, and turns the first
// release into a second. Every change is by name and hash, and is returned for the report.
import { createHash } from 'node:crypto';
import { appendFileSync, cpSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
}

export interface Template {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
}

interface AssetManifest {
  readonly files: Readonly<Record<string, { readonly source: { readonly path: string } }>>;
}

const STACK = 'Relay';

export function readTemplate(assemblyDir: string): Template {
  return JSON.parse(readFileSync(join(assemblyDir, `${STACK}.template.json`), 'utf8')) as Template;
}

/**
 * Types that MiniStack does not know. It refuses a whole stack for one of them; probes report when it no longer does.
 */
const unknownTypes = new Set(['AWS::CloudWatch::CompositeAlarm', 'AWS::Logs::QueryDefinition']);

/** It also refuses alarms over more than one metric. */
function isRefused({ Type: type, Properties = {} }: TemplateResource): boolean {
  return unknownTypes.has(type) || (type === 'AWS::CloudWatch::Alarm' && 'Metrics' in Properties);
}

/** Replaces references to removed resources: on the dashboard, which shows alarms by their ARNs. */
const LEFT_OUT = 'left-out';

/**
 * The one difference between what is deployed here and in AWS: these resources are removed, and references to them
 * replaced.
 */
export function withoutRefused(template: Template): { readonly template: Template; readonly left: readonly string[] } {
  const left = Object.entries(template.Resources)
    .filter(([, resource]) => isRefused(resource))
    .map(([logicalId]) => logicalId);
  const kept = Object.entries(template.Resources).filter(([logicalId]) => !left.includes(logicalId));
  const Resources = unnamed(Object.fromEntries(kept), new Set(left)) as Template['Resources'];
  return { template: { ...template, Resources }, left };
}

function unnamed(value: unknown, left: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((part) => unnamed(part, left));
  if (typeof value !== 'object' || value === null) return value;
  const { Ref: ref, 'Fn::GetAtt': getAtt } = value as { Ref?: string; 'Fn::GetAtt'?: [string, string] };
  if (left.has(ref ?? getAtt?.[0] ?? '')) return LEFT_OUT;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, unnamed(part, left)]));
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The hash of an asset is also its address, in the manifest and in the template. */
function replaceHash(assemblyDir: string, before: string, after: string): void {
  for (const name of readdirSync(assemblyDir).filter((file) => /^(manifest|Relay\..*)\.json$/.test(file))) {
    const path = join(assemblyDir, name);
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(before, after));
  }
}

/** Writes the template back, so that the CDK command line takes it for the one that was synthesised. */
export function writeTemplate(assemblyDir: string, template: Template): void {
  const file = `${STACK}.template.json`;
  const text = JSON.stringify(template, undefined, 1);
  writeFileSync(join(assemblyDir, file), text);
  const [before] = Object.entries(assetsOf(assemblyDir)).find(([, { source }]) => source.path === file) ?? [];
  if (before === undefined) throw new Error('the assembly has no asset for its template');
  replaceHash(assemblyDir, before, hashOf(text));
}

function assetsOf(assemblyDir: string): AssetManifest['files'] {
  return (JSON.parse(readFileSync(join(assemblyDir, `${STACK}.assets.json`), 'utf8')) as AssetManifest).files;
}

/** Gives every function new code that does the same, as a release of the relay does for a deployment. */
export function changeCode(assemblyDir: string): number {
  const folders = Object.entries(assetsOf(assemblyDir)).filter(([, { source }]) => source.path.startsWith('asset.'));
  for (const [before, { source }] of folders) {
    const after = hashOf(`${before} once more`);
    cpSync(join(assemblyDir, source.path), join(assemblyDir, `asset.${after}`), { recursive: true });
    appendFileSync(join(assemblyDir, `asset.${after}`, 'index.mjs'), '\n// another release\n');
    replaceHash(assemblyDir, before, after);
  }
  return folders.length;
}
