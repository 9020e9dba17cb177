// Checks that the memory doorbells of the tests and the SQS adapter behave alike.
import { MemoryDoorbells } from '../support/memory/memory-doorbells.ts';
import { SteppedClock } from '../support/memory/stepped-clock.ts';
import { startFauxqs } from '../support/fauxqs.ts';
import { doorbellsConformance } from './doorbells/doorbells-conformance.ts';
import { sqsPlace } from './doorbells/sqs-place.ts';
import type { Queue } from '../../core/contract/messages.ts';
import type { DoorbellsPlace, ArrivedDoorbell } from './doorbells/doorbells-conformance.ts';

const STEP_MS = 100;

async function memoryPlace(): Promise<DoorbellsPlace> {
  const clock = new SteppedClock();
  const memory = new MemoryDoorbells(clock);
  let sentAt = clock.now();
  return {
    doorbells: {
      send: (outgoing) => {
        sentAt = clock.now();
        return memory.send(outgoing);
      },
    },
    hear: async (queue: Queue, count: number, withinMs: number) => {
      const heard: ArrivedDoorbell[] = [];
      for (let passedMs = 0; heard.length < count && passedMs <= withinMs; passedMs += STEP_MS) {
        const taken = memory.take(queue);
        heard.push(...taken.map(({ doorbell }) => ({ body: JSON.stringify(doorbell), afterMs: clock.now() - sentAt })));
        clock.stepTo(clock.now() + STEP_MS);
      }
      return heard;
    },
  };
}

doorbellsConformance('memory', memoryPlace);
doorbellsConformance('fauxqs', async () => {
  const fauxqs = await startFauxqs();
  return sqsPlace(fauxqs.endpoint, () => fauxqs.stop());
});
