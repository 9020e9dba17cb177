// A task in a list of the console. What its line in a file says is core/http/task-export.ts's.
import type { PublicTask } from '../../../core/http/public-task.ts';

/** With its client's correlation id where the list has it. */
export type ListedTask = PublicTask & { readonly correlation_id?: string | null };
