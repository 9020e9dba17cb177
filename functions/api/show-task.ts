// Tasks as answers show them: with their kept outputs, whose addresses are signed for the answer. A task that keeps
// nothing costs no read here, nor the loading of signed-outputs.ts.
import { publicDamagedTask, taskAsRead } from '../../core/http/public-task.ts';
import type { Task } from '../../core/domain/task/task.ts';
import type { PublicTask } from '../../core/http/public-task.ts';
import type { KeptPorts } from './kept-ports.ts';
import type { KnownTask } from './known-task.ts';

export async function shownTask(ports: KeptPorts, known: KnownTask): Promise<PublicTask> {
  if (known.kind === 'damaged') return publicDamagedTask(known.damaged);
  const [shown] = await shownTasks(ports, [known.task]);
  return shown ?? taskAsRead(known.task);
}

/** In their order. */
export async function shownTasks(ports: KeptPorts, tasks: readonly Task[]): Promise<readonly PublicTask[]> {
  const keeping = tasks.filter(({ keep, status }) => keep !== undefined && status === 'completed');
  if (keeping.length === 0) return tasks.map(taskAsRead);
  const { signedOutputs } = await import('./signed-outputs.ts');
  const outputs = await signedOutputs(ports, keeping);
  return tasks.map((task) => ({ ...taskAsRead(task), ...outputs.get(task.id) }));
}
