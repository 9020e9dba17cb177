// Checks that the memory store of the tests, the DynamoDB adapter and the table model of the simulation behave alike.
import { describe } from 'vitest';
import { hasDynoxide, startDynoxide } from '../support/dynoxide.ts';
import { MemoryStore } from '../support/memory/memory-store.ts';
import { dynamoPlace } from './store/dynamo-place.ts';
import { storeConformance } from './store/store-conformance.ts';
import { tablePlace } from './store/table-place.ts';
import type { StorePlace } from './store/store-under-test.ts';

async function memoryPlace(): Promise<StorePlace> {
  let opened: MemoryStore | undefined;
  return {
    open: async (world) => (opened = new MemoryStore(world)),
    reopen: async () => {
      if (!opened) throw new Error('nothing was opened');
      return opened;
    },
  };
}

async function dynoxidePlace(): Promise<StorePlace> {
  const dynoxide = await startDynoxide();
  return dynamoPlace(dynoxide.endpoint, () => dynoxide.stop());
}

storeConformance('memory', memoryPlace);
storeConformance('the table model', tablePlace);

// The optional package has a build for linux-x64 only: left out elsewhere, but never in a continuous integration.
describe.runIf(hasDynoxide() || process.env['CI'])('where @dynoxide/linux-x64 is installed', () => {
  storeConformance('dynoxide', dynoxidePlace);
});
