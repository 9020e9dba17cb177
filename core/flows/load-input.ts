// The input of a task, wherever it lies: in its row, in a row of its own, or in the bucket.
// submit-task.ts puts it there.
import { inputKeyOf } from '../domain/media/input-object.ts';
import type { Task } from '../domain/task/task.ts';
import type { InputStore } from '../ports/input-store.ts';
import type { TaskStore } from '../ports/ports.ts';

export interface InputPorts {
  readonly inputs: InputStore;
}

/** Undefined when it is gone, which only a change from outside can do while the task may still need it. */
export async function loadInput(
  { store, inputs }: InputPorts & { readonly store: Pick<TaskStore, 'loadInput'> },
  task: Task,
): Promise<string | undefined> {
  const key = inputKeyOf(task);
  return task.input ?? (key === undefined ? store.loadInput(task.id) : inputs.readInput(key));
}
