// The plan of a function of the template: the folder of its bundle, its handler, exactly its environment, and the
// limits of time and memory that Lambda would enforce.
import { join } from 'node:path';
import { existsSync } from 'node:fs';
import type { ResourceReader } from '../template/resource-reader.ts';

export interface FunctionPlan {
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  /** Path of the bundle's file. */
  readonly modulePath: string;
  /** Name of the exported handler. */
  readonly exportName: string;
  /** The template's variables; lambda-environment.ts adds those of Lambda itself. */
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  readonly concurrencyMax?: number | undefined;
  readonly logGroupName: string;
}

/** Lambda's own defaults. */
const TIMEOUT_SECONDS_DEFAULT = 3;
const MEMORY_MB_DEFAULT = 128;
const runtimes = ['nodejs24.x'];

/**
 * Reads `AWS::Lambda::Function`.
 * @param assetPath gives the folder of an asset's code, by its S3 key without the extension.
 */
export function readFunction(
  logicalId: string,
  { name, arn }: { readonly name: string; readonly arn: string },
  properties: ResourceReader,
  assetPath: (hash: string) => string | undefined,
): FunctionPlan {
  // Permissions, processors and tracing have no meaning on one machine.
  properties.passOver('FunctionName', 'Role', 'Architectures', 'Description', 'Tags', 'TracingConfig', 'RecursiveLoop');
  properties.expect('PackageType', 'Zip');
  properties.expect('Runtime', ...runtimes);
  const code = properties.section('Code');
  code.passOver('S3Bucket');
  const folder = assetPath(code.text('S3Key').replace(/\.zip$/, ''));
  if (folder === undefined) throw code.refusal('S3Key', 'names code that is not an asset of this stack');
  const logging = properties.section('LoggingConfig');
  logging.expect('LogFormat', 'Text');
  return {
    logicalId,
    name,
    arn,
    ...readHandler(properties, folder),
    environment: properties.section('Environment').texts('Variables'),
    timeoutMs: 1_000 * (properties.optionalNumber('Timeout') ?? TIMEOUT_SECONDS_DEFAULT),
    memoryMb: properties.optionalNumber('MemorySize') ?? MEMORY_MB_DEFAULT,
    concurrencyMax: properties.optionalNumber('ReservedConcurrentExecutions'),
    logGroupName: logging.optionalText('LogGroup') ?? `/aws/lambda/${name}`,
  };
}

/** `index.handler` is the export `handler` of `index.mjs` or `index.js`; Lambda searches in this order too. */
function readHandler(properties: ResourceReader, folder: string): Pick<FunctionPlan, 'modulePath' | 'exportName'> {
  const handler = properties.text('Handler');
  const dot = handler.lastIndexOf('.');
  const modulePath = ['.mjs', '.js', '.cjs']
    .map((ending) => join(folder, handler.slice(0, dot) + ending))
    .find((path) => existsSync(path));
  if (dot < 0 || modulePath === undefined) throw properties.refusal('Handler', `the bundle has no ${handler}`);
  return { modulePath, exportName: handler.slice(dot + 1) };
}
