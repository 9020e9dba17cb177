// A task that is put back needs what its input consists of for longer than was planned at its submit: its object in the
// bucket and the uploads that it names. The bucket deletes by age, so their age begins again.
import { inputKeyOf } from '../domain/media/input-object.ts';
import { ownUploadsIn, uploadKey } from '../domain/media/upload.ts';
import { loadInput } from './load-input.ts';
import type { Task } from '../domain/task/task.ts';
import type { TaskStore } from '../ports/ports.ts';
import type { InputPorts } from './load-input.ts';

/** Does nothing for a task that cannot be put back. */
export async function renewInput(
  ports: InputPorts & { readonly store: Pick<TaskStore, 'loadInput'> },
  task: Task,
): Promise<void> {
  if (task.status !== 'failed') return;
  const key = inputKeyOf(task);
  if (key !== undefined) await ports.inputs.renewInput(key);
  const uploads = ownUploadsIn((await loadInput(ports, task)) ?? '', task.accountId);
  await Promise.all(uploads.map((token) => ports.inputs.renewUpload(uploadKey(token))));
}
