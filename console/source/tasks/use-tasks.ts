// The list of tasks from the API, by what the user filters for.
import { useOperator } from '../frame/use-operator.ts';
import { usePages } from '../frame/use-pages.ts';
import { askedFilter } from './task-filter.ts';
import type { Pages } from '../frame/use-pages.ts';
import type { ListedTask } from './listed-task.ts';
import type { TaskFilter } from './task-filter.ts';

const PAGE_SIZE_COUNT = 25;
/** An answer looks through a thousand tasks at most, and a rare filter may find none among them. */
const CALLS_MAX = 3;

interface TasksOptions {
  readonly limit?: number;
  /** While true the list stays as it is. */
  readonly isHeld?: boolean;
}

export function useTasks(
  filter: TaskFilter,
  { limit = PAGE_SIZE_COUNT, isHeld = false }: TasksOptions = {},
): Pages<ListedTask> {
  const isOperator = useOperator();
  const query = isOperator === undefined ? undefined : { ...askedFilter(filter, isOperator), limit };
  return usePages<ListedTask>('/v1/requests', query, { isHeld, callsMax: CALLS_MAX });
}
