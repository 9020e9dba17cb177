// The ports of the flows for the command line: the target's table and queues, and this machine's clock.
// An operator's commands write no metrics: these would count as actions of clients.
import { auditLogOf } from '../core/adapters/dynamodb/dynamo-audit.ts';
import { faultsOf } from '../core/adapters/dynamodb/dynamo-faults.ts';
import { makeDynamoStore } from '../core/adapters/dynamodb/dynamo-store.ts';
import { placesOf } from '../core/adapters/dynamodb/dynamo-places.ts';
import { DynamoTable } from '../core/adapters/dynamodb/dynamo-table.ts';
import { makeSqsDeadLetters } from '../core/adapters/sqs-dead-letters.ts';
import { makeSqsDoorbells } from '../core/adapters/sqs-doorbells.ts';
import { accessOf } from '../core/adapters/s3-signer.ts';
import { systemRandomSource } from '../core/adapters/system-random-source.ts';
import { makeS3Inputs } from '../core/adapters/s3-inputs.ts';
import { systemClock } from '../core/adapters/system-clock.ts';
import type { AuditLog } from '../core/ports/audit-log.ts';
import type { DeadLetterQueues } from '../core/ports/dead-letters.ts';
import type { InputStore } from '../core/ports/input-store.ts';
import type { FlowPorts } from '../core/ports/flow-ports.ts';
import type { FaultReader } from '../core/ports/message-faults.ts';
import type { Log } from '../core/ports/ports.ts';
import type { Store } from '../core/adapters/dynamodb/dynamo-store.ts';
import type { RelayTarget } from './relay-target.ts';
import type { Terminal } from './terminal.ts';

export type CommandPorts = FlowPorts & {
  readonly inputs: InputStore;
  readonly store: Store;
  readonly faults: FaultReader;
  readonly audit: AuditLog;
  readonly letters: DeadLetterQueues;
};

export function makeCommandPorts(target: RelayTarget, terminal: Terminal): CommandPorts {
  const { clients, tableName, queues, settings } = target;
  const { retention } = settings;
  const world = { clock: systemClock, randomSource: systemRandomSource };
  const table = { tableName, retention, client: clients.dynamo, ...world };
  const log: Log = { info: () => {}, warn: (text) => terminal.note(text), error: (text) => terminal.note(text) };
  const queueUrls = {
    dispatch: queues.dispatch.url,
    settle: queues.settle.url,
    deliver: queues.deliver.url,
    keep: queues.keep.url,
    jobs: queues.jobs.url,
  };
  return {
    store: makeDynamoStore({ ...table, settings: settings.gate }),
    faults: faultsOf(new DynamoTable(table)),
    inputs: makeS3Inputs({
      bucket: target.mediaBucketName,
      clock: systemClock,
      endpoint: target.clientOptions.endpoints?.s3,
      access: () => accessOf(clients.dynamo),
    }),
    letters: makeSqsDeadLetters({ client: clients.sqs, addressesOf: (queue) => Promise.resolve(queues[queue]) }),
    audit: auditLogOf(new DynamoTable(table), settings.audit),
    places: placesOf(new DynamoTable(table)),
    doorbells: makeSqsDoorbells({ queueUrls, isFair: settings.fairQueues, log, client: clients.sqs }),
    clock: systemClock,
    randomSource: systemRandomSource,
    metrics: { emit: () => {} },
    log,
    settings,
  };
}
