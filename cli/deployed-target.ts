// Finds a deployed relay by the name of its stack, with the operator's AWS credentials: reads its outputs, and from its
// template the settings that its functions were deployed with.
import {
  CloudFormationClient,
  DescribeStacksCommand,
  GetTemplateCommand,
  TemplateStage,
} from '@aws-sdk/client-cloudformation';
import { commandClient } from './command-client.ts';
import { CommandFailure, exitCodes } from './command-failure.ts';
import { makeClients, readOutputs } from './relay-target.ts';
import type { RelaySettings } from '../core/domain/settings.ts';
import type { RelayTarget } from './relay-target.ts';

/**
 * @param name of the stack; `stack/Prefix` where a stack has several relays, whose outputs begin with the prefix.
 * @throws CommandFailure for missing credentials, region or stack, each with advice.
 */
export async function openDeployedTarget(name: string, wantedRegion: string | undefined): Promise<RelayTarget> {
  // Neither name can contain a slash.
  const [stackName = '', prefix = ''] = name.split('/');
  const client = commandClient(
    (config) => new CloudFormationClient({ ...config, ...(wantedRegion !== undefined && { region: wantedRegion }) }),
  );
  const region = await regionOf(client);
  try {
    const { Stacks: stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: stackName }));
    const outputs = (stacks[0]?.Outputs ?? []).map(({ OutputKey: key = '', OutputValue: value = '' }) => [key, value]);
    const addresses = readOutputs(ownOutputs(Object.fromEntries(outputs), prefix), name);
    const get = new GetTemplateCommand({ StackName: stackName, TemplateStage: TemplateStage.Processed });
    const { TemplateBody: template = '{}' } = await client.send(get);
    const settings = settingsIn(template, stackName, addresses.serviceName);
    const clientOptions = { region };
    return {
      kind: 'deployed',
      name,
      ...addresses,
      settings,
      clients: makeClients(clientOptions),
      clientOptions,
    };
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ValidationError') throw error;
    throw new CommandFailure(
      `There is no stack ${stackName} in ${region}.`,
      'Check --stack and --region; `aws cloudformation list-stacks` lists all stacks.',
      exitCodes.notFound,
      { cause: error },
    );
  } finally {
    client.destroy();
  }
}

/** The outputs of one relay, without its prefix. */
export function ownOutputs(outputs: Readonly<Record<string, string>>, prefix: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(outputs).flatMap(([key, value]) =>
      key.startsWith(prefix) ? [[key.slice(prefix.length), value]] : [],
    ),
  );
}

async function regionOf(client: CloudFormationClient): Promise<string> {
  try {
    return await client.config.region();
  } catch (cause) {
    const advice = 'Name the region that the relay is deployed in with --region or AWS_REGION.';
    throw new CommandFailure('No AWS region is known.', advice, exitCodes.usage, { cause });
  }
}

interface TemplateFunction {
  readonly Properties?: {
    readonly Environment?: { readonly Variables?: { readonly SETTINGS?: unknown; readonly SERVICE_NAME?: unknown } };
  };
}

/** The settings as text, from the first function of this relay that has them: they are the same in all. */
export function settingsIn(template: string, stackName: string, serviceName: string): RelaySettings {
  const { Resources = {} } = JSON.parse(template) as { Resources?: Record<string, TemplateFunction> };
  for (const { Properties } of Object.values(Resources)) {
    const { SETTINGS: text, SERVICE_NAME: service } = Properties?.Environment?.Variables ?? {};
    if (typeof text === 'string' && service === serviceName) return JSON.parse(text) as RelaySettings;
  }
  throw new CommandFailure(
    `The template of ${stackName} has no function with settings.`,
    'Check the name of the stack: it must be the one that holds the relay.',
    exitCodes.notFound,
  );
}

/** What AWS's refusals mean for the operator; by error names, which are fixed, never by texts. */
export function explained(error: unknown): unknown {
  if (error instanceof CommandFailure || !(error instanceof Error)) return error;
  const options = { cause: error };
  if (error.name === 'CredentialsProviderError') {
    const advice = 'Sign in (`aws sso login`), or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.';
    return new CommandFailure('There are no AWS credentials.', advice, exitCodes.failed, options);
  }
  if (error.name === 'TimeoutError') {
    const advice = 'Check the network between this machine and AWS (VPN, proxy, firewall), then run it again.';
    return new CommandFailure('AWS did not answer a call in time.', advice, exitCodes.failed, options);
  }
  if (!/^(AccessDenied|UnrecognizedClient|InvalidClientTokenId|ExpiredToken|SignatureDoesNotMatch)/.test(error.name)) {
    return error;
  }
  const text = `AWS refuses these credentials: ${error.name}.`;
  const advice = 'Use credentials of the account that the relay is deployed in; docs/command-line.md lists the rights.';
  return new CommandFailure(text, advice, exitCodes.failed, options);
}
