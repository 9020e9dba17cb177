// Serves the doorbells of the deliver queue: an event to fan out, or a lane to work.
// All of a batch at once, so that a slow receiver delays no other message of the batch.
import { fanOut } from './fan-out.ts';
import { ClaimedLanes } from './claimed-lanes.ts';
import type { Doorbell, ReceivedDoorbell } from '../../core/contract/messages.ts';
import type { FailedMessage } from '../../core/ports/message-faults.ts';
import type { DeliverPorts } from './deliver-ports.ts';

async function serve(ports: DeliverPorts, lanes: ClaimedLanes, doorbell: Doorbell): Promise<void> {
  switch (doorbell.kind) {
    case 'event': {
      const { accountId, position, eventId: id } = doorbell;
      const { isSafe, workers } = await fanOut(ports, lanes, { accountId, position, id });
      const worked = await Promise.allSettled([isSafe, ...workers.map((worker) => worker.run())]);
      for (const one of worked) if (one.status === 'rejected') throw one.reason;
      return;
    }
    case 'lane': {
      const { laneId, accountId } = doorbell;
      return (await lanes.claim({ laneId, accountId }))?.run();
    }
    case 'task':
    case 'gate':
    case 'outcome':
    case 'keep':
    case 'job':
      // Other stages' doorbells never arrive here; acknowledging a stray one loses nothing.
      return;
    default:
      return doorbell satisfies never;
  }
}

/** @returns the messages that must be redelivered, because the relay itself failed for them, each with its cause. */
export async function serveDoorbells(
  ports: DeliverPorts,
  messages: readonly ReceivedDoorbell[],
): Promise<readonly FailedMessage[]> {
  const served = new Map<string, Promise<void>>();
  const lanes = new ClaimedLanes(ports);
  const failed = await Promise.all(
    messages.map(async ({ messageId, doorbell }) => {
      const name = JSON.stringify(doorbell);
      const serving = served.get(name) ?? serve(ports, lanes, doorbell);
      served.set(name, serving);
      try {
        await serving;
        return [];
      } catch (error) {
        ports.log.error('A doorbell of deliver failed and is redelivered', { ...doorbell, messageId, error });
        return [{ messageId, error }];
      }
    }),
  );
  await lanes.end();
  return failed.flat();
}
