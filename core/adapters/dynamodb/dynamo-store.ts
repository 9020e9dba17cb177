// Every port of the store over the one table, put together from its parts; handlers take the ports they need from it.
// Keys and indexes are defined in contract/items.ts.
import { accountsOf } from './dynamo-accounts.ts';
import { damagedTasksOf } from './dynamo-damaged.ts';
import { deliveriesOf } from './dynamo-deliveries.ts';
import { endpointsOf } from './dynamo-endpoints.ts';
import { erasureOf } from './dynamo-erasure.ts';
import { eventsOf } from './dynamo-events.ts';
import { dueIndexOf, gatesOf } from './dynamo-gates.ts';
import { jobsOf } from './dynamo-jobs.ts';
import { keepJobsOf } from './dynamo-keep.ts';
import { creationOf } from './leased-creation.ts';
import { leasesOf, returnToAccounts } from './money-leases.ts';
import { lanesOf } from './dynamo-lanes.ts';
import { listingOf } from './dynamo-listing.ts';
import { mutesOf } from './dynamo-mutes.ts';
import { DynamoTable } from './dynamo-table.ts';
import { spendOf } from './dynamo-spend.ts';
import { tasksOf } from './dynamo-tasks.ts';
import type {
  AccountAdmin,
  AccountStore,
  DamagedTaskStore,
  DueIndex,
  GateStore,
  TaskCreation,
  TaskListing,
  TaskStore,
} from '../../ports/ports.ts';
import type { ErasureStore } from '../../ports/erasure-port.ts';
import type { JobStore } from '../../ports/job-store.ts';
import type { KeepStore } from '../../ports/keep-store.ts';
import type { LeaseStore } from '../../ports/lease-store.ts';
import type { MuteStore } from '../../ports/mute-store.ts';
import type { SpendStore } from '../../ports/spend-store.ts';
import type { WebhookStore } from '../../ports/webhook-ports.ts';
import type { GateSettings } from '../../domain/gate/gate-settings.ts';
import type { DynamoTableOptions } from './dynamo-table.ts';

export interface DynamoStoreOptions extends DynamoTableOptions {
  /** What a new gate begins with; an existing one keeps what it has learned. */
  readonly settings: GateSettings;
}

/** What the stages of a task use: no task is taken in there, and no account changed. */
type StageStore = TaskStore & DueIndex & GateStore & WebhookStore & KeepStore;

export type Store = StageStore &
  TaskCreation &
  TaskListing &
  DamagedTaskStore &
  AccountStore &
  AccountAdmin &
  ErasureStore &
  SpendStore &
  JobStore &
  MuteStore &
  LeaseStore;

export function makeStageStore(options: DynamoStoreOptions): StageStore {
  return stagesOf(new DynamoTable(options), options.settings);
}

export function makeDynamoStore(options: DynamoStoreOptions): Store {
  const table = new DynamoTable(options);
  return {
    ...stagesOf(table, options.settings),
    ...tasksOf(table, returnToAccounts),
    ...creationOf(table),
    ...listingOf(table),
    ...damagedTasksOf(table),
    ...accountsOf(table),
    ...erasureOf(table),
    ...spendOf(table),
    ...jobsOf(table),
    ...mutesOf(table),
    ...leasesOf(table),
  };
}

function stagesOf(table: DynamoTable, settings: GateSettings): StageStore {
  return {
    ...tasksOf(table),
    ...dueIndexOf(table),
    ...gatesOf(table, settings),
    ...eventsOf(table),
    ...endpointsOf(table),
    ...deliveriesOf(table),
    ...keepJobsOf(table),
    ...lanesOf(table),
  };
}
