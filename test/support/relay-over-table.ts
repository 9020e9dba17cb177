// A relay whose store is the real adapter over the model of the table: what DynamoDB refuses, transactions that are too large
// among it, fails here too.
import { makeDynamoStore } from '../../core/adapters/dynamodb/dynamo-store.ts';
import { MemoryRelay } from './memory-relay.ts';
import { TableMeter } from './table/table-meter.ts';
import { TableModel } from './table/table-model.ts';
import type { GateSettings } from '../../core/domain/gate/gate-settings.ts';
import type { MemoryStore } from './memory/memory-store.ts';

export type RelayOverTable = ReturnType<typeof relayOverTable>;

export function relayOverTable(gate: GateSettings) {
  const relay = new MemoryRelay({ gate });
  const { clock, randomSource } = relay;
  const table = new TableModel({
    time: clock,
    random: Math.random,
    meter: new TableMeter(),
    lockMs: 0,
    isTimed: false,
  });
  const client = table.client(() => 'test');
  const store = makeDynamoStore({ client, tableName: 'relay', clock, randomSource, settings: gate });
  return { ports: relay.withStore(store as unknown as Partial<MemoryStore>), store, table };
}
