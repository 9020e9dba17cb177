// Reads a deployment's choices from the CDK context: cdk.json's `context` or `-c name=value` on the command line, where
// every value is text. Refuses unknown names, so that a typing error does not silently deploy the default.
// Get3WRelayProps documents each choice; relay-settings.ts checks the settings.
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import * as z from 'zod';
import { TASKS_PER_SECOND_MAX } from '../core/domain/capacity.ts';
import type { RelayStackProps } from './relay-stack.ts';

/**
 * Keys that the CDK command line keeps in the same context; its feature flags and lookups all have a colon in their
 * names.
 */
const foreignKeys = new Set(['acknowledged-issue-numbers', 'cli-telemetry']);

function isForeign(key: string): boolean {
  return key.includes(':') || foreignKeys.has(key);
}

/** Parses text from the command line as JSON, and takes an object from cdk.json as it is. */
function json<T extends z.ZodType>(schema: T) {
  return z.preprocess((value, context) => {
    if (typeof value !== 'string') return value;
    try {
      return JSON.parse(value) as unknown;
    } catch {
      context.addIssue({ code: 'custom', message: 'is not JSON' });
      return z.NEVER;
    }
  }, schema);
}

const text = z.string().min(1);
const word = z.string().regex(/^[a-zA-Z0-9-]{1,40}$/, 'may have letters, digits and hyphens, 40 at most');
const list = z.preprocess(
  (value) => (typeof value === 'string' ? value.split(',').map((part) => part.trim()) : value),
  z.array(text),
);
const count = z.coerce.number().int().min(1);
const flag = z.preprocess((value) => (value === 'true' ? true : value === 'false' ? false : value), z.boolean());

const retentionDays = Object.values(RetentionDays).filter((value): value is RetentionDays => typeof value === 'number');

const contextSchema = z.strictObject({
  name: word.optional(),
  stage: word.optional(),
  stackName: text.optional(),
  account: z.coerce
    .string()
    .regex(/^\d{12}$/, 'must have twelve digits')
    .optional(),
  region: text.optional(),
  simulator: flag.optional(),
  get3wUrl: z.url({ protocol: /^https?$/ }).optional(),
  get3wKeySecretArn: text.startsWith('arn:').optional(),
  get3wKeyKmsArn: text.startsWith('arn:').optional(),
  dataKmsArn: text.startsWith('arn:').optional(),
  mediaBucketArn: text.startsWith('arn:').optional(),
  settings: json(z.record(z.string(), z.unknown())).optional(),
  alarmEmail: z.email().optional(),
  alarmTopicArn: text.startsWith('arn:').optional(),
  alarmThresholds: json(z.record(z.string(), z.number())).optional(),
  runbookUrl: text.optional(),
  domainName: text.optional(),
  certificateArn: text.startsWith('arn:').optional(),
  ratePerSecond: count.optional(),
  burst: count.optional(),
  callbackRatePerSecond: count.optional(),
  callbackBurst: count.optional(),
  callbackOrigin: z.url({ protocol: /^https$/ }).optional(),
  corsOrigins: list.optional(),
  tasksPerSecond: z.coerce.number().min(0.1).max(TASKS_PER_SECOND_MAX).optional(),
  maxConcurrency: count.min(2).max(1_000).optional(),
  memoryMb: count.min(128).max(10_240).optional(),
  logRetentionDays: z.coerce
    .number()
    .refine((days) => retentionDays.includes(days), `must be one of ${retentionDays.join(', ')}`)
    .optional(),
  retainData: flag.optional(),
  permissionsBoundaryArn: text.startsWith('arn:').optional(),
  tags: json(z.record(z.string(), z.string())).optional(),
});

/** Every name that `-c` takes, for messages and documentation. */
export const contextKeys: readonly string[] = Object.keys(contextSchema.shape);

/**
 * @param context all of the app's context, CDK's own keys included.
 * @throws Error that names each unknown key and each value that is not allowed.
 */
export function readContext(context: Readonly<Record<string, unknown>>): RelayStackProps {
  const own = Object.fromEntries(Object.entries(context).filter(([key]) => !isForeign(key)));
  const result = contextSchema.safeParse(own);
  if (!result.success) throw new Error(describeIssues(result.error));
  const { domainName, certificateArn, logRetentionDays, account, region, settings, ...others } = result.data;
  const { ratePerSecond, burst, callbackRatePerSecond, callbackBurst, callbackOrigin, ...rest } = others;
  if ((domainName === undefined) !== (certificateArn === undefined)) {
    throw new Error('The context needs domainName and certificateArn together, or neither');
  }
  // A stack of another name is another relay, or its alarms and dashboard would collide with the first one's.
  const name = rest.name ?? rest.stackName ?? 'get3w-relay';
  return {
    ...rest,
    name,
    stackName: rest.stackName ?? [name, rest.stage].filter((part) => part !== undefined).join('-'),
    settings,
    throttle: { ratePerSecond, burst },
    callbackThrottle: { ratePerSecond: callbackRatePerSecond, burst: callbackBurst },
    callbackOrigin: callbackOrigin?.replace(/\/+$/, ''),
    ...(domainName !== undefined && certificateArn !== undefined && { domain: { name: domainName, certificateArn } }),
    ...(logRetentionDays !== undefined && { logRetention: logRetentionDays }),
    // Without both the template suits any account and region, and synthesis needs no AWS at all.
    ...((account !== undefined || region !== undefined) && { env: { account, region } }),
  };
}

function describeIssues({ issues }: z.ZodError): string {
  return [
    'The context of this app has errors:',
    ...issues.map((issue) =>
      issue.code === 'unrecognized_keys'
        ? `  ${issue.keys.join(', ')}: unknown; known are ${contextKeys.join(', ')}`
        : `  ${issue.path.join('.')}: ${issue.message}`,
    ),
  ].join('\n');
}
