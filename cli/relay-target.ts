// The relay that a command works on, deployed or local: the names of its parts, and clients for them. Both kinds have
// the same outputs, so commands treat them alike; deployed-target.ts and local-target.ts find them.
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { commandClient } from './command-client.ts';
import { CommandFailure, exitCodes } from './command-failure.ts';
import type { ServiceClientConfig } from '../core/adapters/service-client.ts';
import type { QueueAddresses } from '../core/adapters/sqs-dead-letters.ts';
import type { Queue } from '../core/contract/messages.ts';
import type { RelaySettings } from '../core/domain/settings.ts';

export interface RelayTarget {
  readonly kind: 'deployed' | 'local';
  /** Name of the stack, or the data directory. */
  readonly name: string;
  /** Base URL of the API, no slash at its end. */
  readonly url: string;
  /** Address of Get3W's callbacks, no slash at its end: a token follows. */
  readonly callbacksUrl: string;
  readonly serviceName: string;
  readonly tableName: string;
  /** Bucket with the outputs that tasks keep. */
  readonly mediaBucketName: string;
  readonly queues: Readonly<Record<Queue, QueueAddresses>>;
  readonly keySecretArn: string;
  /** Customer key that the functions may decrypt the secret with; undefined without one. */
  readonly keyKmsArn: string | undefined;
  readonly alarmTopicArn: string;
  /** Address of the simulator in Get3W's place; undefined with the real Get3W. */
  readonly simulatorUrl: string | undefined;
  /** Secret with the key of a deployed simulator. */
  readonly simulatorKeySecretArn: string | undefined;
  /** Key of the account that a local relay makes for its user; a deployed relay knows none. */
  readonly localKey?: string | undefined;
  readonly settings: RelaySettings;
  readonly clients: TargetClients;
  /** Options of its service clients, for clients that only one command needs. */
  readonly clientOptions: ServiceOptions;
}

interface TargetClients {
  readonly dynamo: DynamoDBClient;
  readonly sqs: SQSClient;
  readonly secrets: SecretsManagerClient;
  readonly cloudWatch: CloudWatchClient;
}

/** Options of every client; endpoints only for services that are not AWS's own. */
interface ServiceOptions {
  readonly region: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly endpoints?: {
    readonly dynamoDb: string;
    readonly sqs: string;
    readonly s3: string;
    readonly others: string;
  };
}

export function makeClients({ region, credentials, endpoints }: ServiceOptions): TargetClients {
  const options = (config: ServiceClientConfig, endpoint: string | undefined) => ({
    ...config,
    region,
    ...(credentials && { credentials }),
    ...(endpoint !== undefined && { endpoint }),
  });
  return {
    dynamo: commandClient((config) => new DynamoDBClient(options(config, endpoints?.dynamoDb))),
    // A queue's URL may name a host that only resolves inside the relay's network.
    sqs: commandClient((config) => new SQSClient({ ...options(config, endpoints?.sqs), useQueueUrlAsEndpoint: false })),
    secrets: commandClient((config) => new SecretsManagerClient(options(config, endpoints?.others))),
    cloudWatch: commandClient((config) => new CloudWatchClient(options(config, endpoints?.others))),
  };
}

export function closeClients(clients: TargetClients): void {
  for (const client of Object.values(clients)) (client as { destroy(): void }).destroy();
}

type Addresses = Pick<
  RelayTarget,
  | 'url'
  | 'callbacksUrl'
  | 'serviceName'
  | 'tableName'
  | 'mediaBucketName'
  | 'queues'
  | 'keySecretArn'
  | 'keyKmsArn'
  | 'alarmTopicArn'
  | 'simulatorUrl'
  | 'simulatorKeySecretArn'
>;

/** Reads the outputs that lib/relay-outputs.ts defines. */
export function readOutputs(outputs: Readonly<Record<string, string>>, stackName: string): Addresses {
  const missing: string[] = [];
  const read = (name: string): string => {
    if (outputs[name] === undefined) missing.push(name);
    return outputs[name] ?? '';
  };
  const queue = (title: string): QueueAddresses => ({
    url: read(`${title}QueueUrl`),
    deadLettersUrl: read(`${title}DeadLettersUrl`),
  });
  const addresses: Addresses = {
    url: read('ApiUrl').replace(/\/+$/, ''),
    callbacksUrl: read('CallbacksUrl').replace(/\/+$/, ''),
    serviceName: read('ServiceName'),
    tableName: read('TableName'),
    mediaBucketName: read('MediaBucketName'),
    queues: {
      dispatch: queue('Dispatch'),
      settle: queue('Settle'),
      deliver: queue('Deliver'),
      keep: queue('Keep'),
      jobs: queue('Jobs'),
    },
    keySecretArn: read('Get3WKeySecretArn'),
    keyKmsArn: outputs['Get3WKeyKmsArn'],
    alarmTopicArn: read('AlarmTopicArn'),
    simulatorUrl: outputs['SimulatorUrl'],
    simulatorKeySecretArn: outputs['SimulatorKeySecretArn'],
  };
  if (missing.length === 0) return addresses;
  throw new CommandFailure(
    `${stackName} is not a relay that this command line knows: it lacks the output ${missing.join(', ')}.`,
    'Check the name of the stack; if it is a relay of another version, use the command line of that version.',
    exitCodes.notFound,
  );
}
