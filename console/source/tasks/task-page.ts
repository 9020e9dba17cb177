// The list of tasks from the API, by what the user filters for.
import { usePages } from '../frame/use-pages.ts';
import type { Pages } from '../frame/use-pages.ts';
import type { PublicTask } from '../../../core/http/public-task.ts';

const PAGE_SIZE_COUNT = 25;

export interface TaskFilter {
  readonly status: string;
  readonly code: string;
  readonly model: string;
}

export function useTaskPages(filter: TaskFilter, limit = PAGE_SIZE_COUNT): Pages<PublicTask> {
  return usePages<PublicTask>('/v1/requests', { ...filter, limit });
}
