// What every stage of one relay gets: the table, the queues, the bundles, and the variables that all environments
// share. Made once in get3w-relay.ts; it has no resource of its own.
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { AlarmDefaults } from '../monitoring/alarm.ts';
import type { MediaBucket } from '../media-bucket.ts';
import type { RelayTable } from '../relay-table.ts';
import type { StageQueue } from './stage-queue.ts';
import type { Environment } from '../../core/contract/environment.ts';
import type { Queue } from '../../core/contract/messages.ts';
import type { PriceTable } from '../../core/domain/money/price-table.ts';
import type { RelaySettings } from '../../core/domain/settings.ts';

export interface SharedResources {
  readonly alarms: AlarmDefaults;
  readonly table: RelayTable;
  readonly queues: Readonly<Record<Queue, StageQueue>>;
  readonly media: MediaBucket;
  readonly settings: RelaySettings;
  /** What tasks cost; undefined without a price table. */
  readonly prices: PriceTable | undefined;
  readonly version: string;
  readonly bundlesDir: string;
  readonly logRetention: RetentionDays;
  /** Customer key of table, queues and logs; undefined with those of AWS. */
  readonly dataKey: IKey | undefined;
  readonly memoryMb: number | undefined;
}

/** Get3W's address, and the key for it. */
export interface Get3WAccess {
  readonly url: string;
  /** Secret whose whole text is the provider key. */
  readonly keySecretArn: string;
  /** Customer key that the secret is encrypted with. @default the account's own, which needs no permission */
  readonly keyKmsArn?: string | undefined;
}

/** Whole, but for a setting that few use, while it is off: an environment has 4,096 bytes, and the settings nearly fill them. */
function settingsText(settings: RelaySettings): string {
  return JSON.stringify(settings, (name, value: unknown) =>
    name === 'streamBytesMax' && value === 0 ? undefined : value,
  );
}

/** The variables that every stage has. */
export function sharedEnvironment(resources: SharedResources): Environment<'deliver'> {
  return {
    TABLE_NAME: resources.table.table.tableName,
    SERVICE_NAME: resources.alarms.service,
    RELAY_VERSION: resources.version,
    SETTINGS: settingsText(resources.settings),
    DISPATCH_QUEUE_URL: resources.queues.dispatch.queue.queueUrl,
    SETTLE_QUEUE_URL: resources.queues.settle.queue.queueUrl,
    DELIVER_QUEUE_URL: resources.queues.deliver.queue.queueUrl,
    KEEP_QUEUE_URL: resources.queues.keep.queue.queueUrl,
  };
}

/** The variables of the monitoring function, which calls no queue. */
export function monitoringEnvironment(resources: SharedResources): Environment<'monitoring'> {
  const { TABLE_NAME, SERVICE_NAME, RELAY_VERSION, SETTINGS } = sharedEnvironment(resources);
  return { TABLE_NAME, SERVICE_NAME, RELAY_VERSION, SETTINGS };
}

/** The variable of those that send steps of bulk jobs. */
export function jobsEnvironment({ queues }: SharedResources): Pick<Environment<'sweep'>, 'JOBS_QUEUE_URL'> {
  return { JOBS_QUEUE_URL: queues.jobs.queue.queueUrl };
}

/** Props that every stage's function takes from the shared resources. */
export function functionDefaults({ bundlesDir, logRetention, dataKey, memoryMb, alarms }: SharedResources) {
  return {
    bundlesDir,
    logRetention,
    dataKey,
    memoryMb,
    alarms,
  };
}
