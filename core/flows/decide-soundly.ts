// decide, as flows call it: with the context of their ports, and with a count and a log line for each decision that
// would have left its task in an impossible state. The error is still thrown: nothing is written, the message is
// redelivered and ends in the dead-letter queue with this as its cause.
import { RelayError } from '../domain/relay-error.ts';
import { decide } from '../domain/task/decide.ts';
import { decideContext } from '../ports/flow-ports.ts';
import type { Decision, TaskEvent } from '../domain/task/event.ts';
import type { Task } from '../domain/task/task.ts';
import type { FlowPorts } from '../ports/flow-ports.ts';

/** @throws RelayError `decision-unsound`. */
export function decideSoundly(ports: FlowPorts, task: Task, event: TaskEvent): Decision {
  try {
    return decide(task, event, decideContext(ports));
  } catch (error) {
    if (error instanceof RelayError && error.code === 'decision-unsound') {
      const about = { taskId: task.id, event: event.type };
      ports.metrics.emit({ values: { TasksDamaged: 1 }, properties: about });
      ports.log.error('A decision was refused: its task would be in an impossible state', { ...about, error });
    }
    throw error;
  }
}
