// Serves the doorbells of the jobs queue: each asks for one step of one bulk job.
// Others never arrive here; acknowledging a stray one loses nothing.
import { runJob } from './run-job.ts';
import type { ReceivedDoorbell } from '../../core/contract/messages.ts';
import type { FailedMessage } from '../../core/ports/message-faults.ts';
import type { ApiPorts } from './api-ports.ts';

/** @returns the messages that must be redelivered, each with its cause. */
export async function serveJobs(
  ports: ApiPorts,
  received: readonly ReceivedDoorbell[],
): Promise<readonly FailedMessage[]> {
  const failed: FailedMessage[] = [];
  for (const { messageId, doorbell } of received) {
    try {
      if (doorbell.kind === 'job') await runJob(ports, doorbell.jobId);
    } catch (error) {
      failed.push({ messageId, error });
    }
  }
  return failed;
}
