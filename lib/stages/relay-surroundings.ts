// What every stage of one relay is given: the table, the queues, the bundles, and what all environments have in common.
// Made once in get3w-relay.ts; it holds no resource of its own.
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { AlarmSurroundings } from '../monitoring/alarm.ts';
import type { RelayTable } from '../relay-table.ts';
import type { StageQueue } from './stage-queue.ts';
import type { Environment } from '../../core/contract/environment.ts';
import type { Queue } from '../../core/contract/messages.ts';
import type { RelaySettings } from '../../core/domain/settings.ts';

export interface RelaySurroundings {
  readonly alarms: AlarmSurroundings;
  readonly table: RelayTable;
  readonly queues: Readonly<Record<Queue, StageQueue>>;
  readonly settings: RelaySettings;
  readonly version: string;
  readonly bundlesDir: string;
  readonly logRetention: RetentionDays;
  readonly memoryMb: number | undefined;
}

/** The variables that every stage has. */
export const sharedEnvironment = (surroundings: RelaySurroundings): Environment<'api'> => ({
  TABLE_NAME: surroundings.table.table.tableName,
  SERVICE_NAME: surroundings.alarms.service,
  RELAY_VERSION: surroundings.version,
  SETTINGS: JSON.stringify(surroundings.settings),
  DISPATCH_QUEUE_URL: surroundings.queues.dispatch.queue.queueUrl,
  SETTLE_QUEUE_URL: surroundings.queues.settle.queue.queueUrl,
  DELIVER_QUEUE_URL: surroundings.queues.deliver.queue.queueUrl,
});

/** Props that every stage's function takes from its surroundings. */
export const functionDefaults = ({ bundlesDir, logRetention, memoryMb, alarms }: RelaySurroundings) => ({
  bundlesDir,
  logRetention,
  memoryMb,
  alarms,
});
