// The events that the keep stage writes: the held end of a task, with what has become of its outputs, or the news that
// all of them are kept or some are lost.
import { formatFileToken } from '../../core/domain/media/file-token.ts';
import { outputsEventId } from '../../core/domain/media/keep-job.ts';
import { endedTaskData, eventOfEnd } from '../../core/domain/webhook/outbox-event.ts';
import { publicKeptOutputs } from '../../core/http/public-outputs.ts';
import type { owedEvent } from '../../core/domain/media/decide-keep.ts';
import type { KeepJob } from '../../core/domain/media/keep-job.ts';
import type { OutboxEvent } from '../../core/domain/webhook/outbox-event.ts';
import type { Task } from '../../core/domain/task/task.ts';
import type { KeepPorts } from './keep-ports.ts';

type Owed = NonNullable<ReturnType<typeof owedEvent>>;

export function keepEvent(
  ports: Pick<KeepPorts, 'clock' | 'relayUrl'>,
  job: KeepJob,
  task: Task,
  owed: Owed,
): OutboxEvent {
  const keptOutputs = publicKeptOutputs(job, task.result?.outputs, (index) => fileUrl(ports.relayUrl, job, index));
  if (owed === 'task-end') {
    const event = eventOfEnd(task);
    return { ...event, data: { ...event.data, kept_outputs: keptOutputs } };
  }
  return {
    id: outputsEventId(job),
    type: `task.${owed}`,
    accountId: job.accountId,
    at: ports.clock.now(),
    taskId: job.taskId,
    data: { ...endedTaskData(task, job.endedAt), kept_outputs: keptOutputs },
  };
}

/** The relay's own address of an output: signed ones die within hours, and an event may be read after weeks. */
function fileUrl(relayUrl: string, { taskId, token = '' }: KeepJob, index: number): string {
  return `${relayUrl}/files/${formatFileToken({ taskId, index, secret: token })}`;
}
