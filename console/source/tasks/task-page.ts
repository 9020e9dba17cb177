// The list of tasks from the API: the newest page, which is polled, and older ones on demand.
import { useEffect, useState } from 'preact/hooks';
import { queryOf, RelayRefusal } from '../relay/relay-client.ts';
import { useRelay } from '../frame/relay-context.ts';
import { usualPace } from '../frame/pace.ts';
import { usePolled } from '../frame/use-polled.ts';
import type { PublicTask } from '../../../core/http/public-task.ts';
import type { Polled } from '../frame/use-polled.ts';

const PAGE_SIZE_COUNT = 25;

interface TaskPage {
  readonly data: readonly PublicTask[];
  readonly next_cursor: string | null;
}

export interface TaskFilter {
  readonly status: string;
  readonly code: string;
  readonly model: string;
}

interface TaskPages {
  readonly polled: Polled<TaskPage>;
  readonly tasks: readonly PublicTask[];
  /** Undefined when there are no older ones. */
  readonly showOlder: (() => Promise<void>) | undefined;
}

export function useTaskPages(filter: TaskFilter, limit = PAGE_SIZE_COUNT): TaskPages {
  const { client, local } = useRelay();
  const key = `tasks ${filter.status} ${filter.code} ${filter.model} ${limit}`;
  const polled = usePolled({
    key,
    pace: () => usualPace(local),
    load: (signal) => client.get<TaskPage>(`/v1/requests${queryOf({ ...filter, limit })}`, signal),
  });
  const [older, setOlder] = useState<readonly TaskPage[]>([]);
  useEffect(() => setOlder([]), [key]);
  const cursor = (older.at(-1) ?? polled.value)?.next_cursor ?? undefined;
  const showOlder = async (): Promise<void> => {
    try {
      const page = await client.get<TaskPage>(`/v1/requests${queryOf({ ...filter, limit, cursor })}`);
      setOlder((pages) => [...pages, page]);
    } catch (error) {
      // The newest page is polled anyway and shows what is wrong.
      if (!(error instanceof RelayRefusal)) throw error;
    }
  };
  // Newer tasks push the last ones of the first page into the second: show each once.
  const tasks = [
    ...new Map([polled.value, ...older].flatMap((page) => page?.data ?? []).map((task) => [task.id, task])).values(),
  ];
  return { polled, tasks, showOlder: cursor === undefined ? undefined : showOlder };
}
