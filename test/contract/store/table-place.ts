// A place for the conformance suite: the real adapters over the table model, without its time and its refusals. Reads that
// are not consistent lag behind as in DynamoDB: what a port promises of now must not be read so.
import { makeDynamoStore } from '../../../core/adapters/dynamodb/dynamo-store.ts';
import { systemClock } from '../../../core/adapters/system-clock.ts';
import { TableMeter } from '../../support/table/table-meter.ts';
import { TableModel } from '../../support/table/table-model.ts';
import type { Store } from '../../../core/adapters/dynamodb/dynamo-store.ts';
import type { StorePlace, StoreWorld } from './store-under-test.ts';

function emptyTable(): TableModel {
  return new TableModel({
    time: { now: () => performance.now(), sleep: () => new Promise((resolve) => void setImmediate(resolve)) },
    random: Math.random,
    meter: new TableMeter(),
    lockMs: 5,
    isTimed: false,
    lags: 'steadily',
  });
}

export async function tablePlace(): Promise<StorePlace> {
  let table = emptyTable();
  const storeOf = ({ clock, randomSource, settings }: StoreWorld): Store =>
    makeDynamoStore({
      client: table.client(() => 'test'),
      tableName: 'relay',
      clock: { now: () => clock.now(), sleep: systemClock.sleep },
      randomSource,
      settings,
    });
  return {
    open: async (world) => {
      table = emptyTable();
      return storeOf(world);
    },
    reopen: async (world) => storeOf(world),
  };
}
