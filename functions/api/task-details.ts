// What the submit of a task said, for a person who looks into it: input, deadline, priority, ids. Loaded at first use,
// because clients that poll never ask for it.
import { loadInput } from '../../core/flows/load-input.ts';
import { SECOND_MS } from '../../core/domain/time-ms.ts';
import type { Task } from '../../core/domain/task/task.ts';
import type { PublicTaskDetails } from '../../core/http/public-task.ts';
import type { InputPorts } from '../../core/flows/load-input.ts';
import type { TaskStore } from '../../core/ports/ports.ts';

/** More than a person reads; an answer has room for it beside the rest of the task. */
const SHOWN_BYTES_MAX = 256 * 1024;

type DetailPorts = InputPorts & { readonly store: Pick<TaskStore, 'loadInput'> };

export async function taskDetails(ports: DetailPorts, task: Task): Promise<PublicTaskDetails> {
  return {
    ...(await shownInput(ports, task)),
    input_bytes: task.inputBytes,
    deadline_at: new Date(task.deadlineAt).toISOString(),
    priority_seconds: task.priorityMs / SECOND_MS,
    correlation_id: task.correlationId ?? null,
    webhook: task.webhookUrl ?? null,
  };
}

async function shownInput(ports: DetailPorts, task: Task): Promise<Pick<PublicTaskDetails, 'input' | 'input_state'>> {
  if (task.inputBytes > SHOWN_BYTES_MAX) return { input: null, input_state: 'too_long' };
  const text = await loadInput(ports, task);
  return text === undefined
    ? { input: null, input_state: 'gone' }
    : { input: JSON.parse(text) as unknown, input_state: 'shown' };
}
