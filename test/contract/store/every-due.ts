// What is overdue in a store, in any shard. For the suites of this folder.
import type { Store } from '../../../core/adapters/dynamodb/dynamo-store.ts';
import type { DueRow } from '../../../core/ports/ports.ts';

/** What is overdue in all shards. */
export async function everyDue(store: Store, now: number): Promise<DueRow[]> {
  return (await Promise.all(Array.from({ length: store.shards }, (_, shard) => store.overdue(shard, now, 100)))).flat();
}
