// The ports as they are in Lambda, made from a function's environment. Everything is made once per process and kept.
// Each stage's handler picks the ones it needs; nothing here decides anything.
import { faultsOf } from './dynamodb/dynamo-faults.ts';
import { placesOf } from './dynamodb/dynamo-places.ts';
import { DynamoTable } from './dynamodb/dynamo-table.ts';
import { makeEmfMetrics } from './emf-metrics.ts';
import { makeJsonLog } from './json-log.ts';
import { rememberedGates } from './remembered-gates.ts';
import { makeSqsDoorbells } from './sqs-doorbells.ts';
import { systemRandomSource } from './system-random-source.ts';
import { systemClock } from './system-clock.ts';
import { readSettings } from './read-settings.ts';
import type { Environment } from '../contract/environment.ts';
import type { Queue } from '../contract/messages.ts';
import type { Places } from '../ports/places.ts';
import type { FaultReader, FaultRecorder } from '../ports/message-faults.ts';
import type { FlowPorts } from '../ports/flow-ports.ts';
import type { GateStore } from '../ports/ports.ts';
import type { DynamoStoreOptions } from './dynamodb/dynamo-store.ts';

type ProductionPorts<StoreMade> = Omit<FlowPorts, 'store'> & {
  readonly store: StoreMade;
  readonly faults: FaultRecorder & FaultReader;
  readonly places: Places;
};

/**
 * @param makeStore the stages' store, or the whole one: each function bundles only what it uses.
 * @throws RelayError `settings-invalid` for settings that are not JSON; the stack has validated their content.
 */
export function makePorts<StoreMade extends Pick<GateStore, 'loadGate'>>(
  environment: Environment<'deliver'> & Partial<Environment<'sweep'>>,
  makeStore: (options: DynamoStoreOptions) => StoreMade,
): ProductionPorts<StoreMade> {
  const settings = readSettings(environment.SETTINGS);
  const base = { service: environment.SERVICE_NAME, clock: systemClock };
  const log = makeJsonLog({ ...base, fields: { version: environment.RELAY_VERSION } });
  const queueUrls = queueUrlsOf(environment);
  const { retention } = settings;
  const own = { tableName: environment.TABLE_NAME, retention };
  const tableOptions = { ...own, clock: systemClock, randomSource: systemRandomSource };
  const store = makeStore({ ...tableOptions, settings: settings.gate });
  return {
    store: { ...store, ...rememberedGates(store, systemClock) },
    places: placesOf(new DynamoTable(tableOptions)),
    faults: faultsOf(new DynamoTable(tableOptions), environment.SERVICE_NAME),
    doorbells: makeSqsDoorbells({ queueUrls, isFair: settings.fairQueues, log }),
    clock: systemClock,
    randomSource: systemRandomSource,
    metrics: makeEmfMetrics({ ...base, models: settings.metrics.models }),
    log,
    settings,
  };
}

export function queueUrlsOf(
  environment: Environment<'deliver'> & Partial<Environment<'sweep'>>,
): Readonly<Record<Queue, string>> {
  return {
    dispatch: environment.DISPATCH_QUEUE_URL,
    settle: environment.SETTLE_QUEUE_URL,
    deliver: environment.DELIVER_QUEUE_URL,
    keep: environment.KEEP_QUEUE_URL,
    // Where it is not set, the stage sends no such message.
    jobs: environment.JOBS_QUEUE_URL ?? '',
  };
}
