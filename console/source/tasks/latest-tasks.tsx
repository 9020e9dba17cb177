// The newest tasks in short, on the overview.
import { Link } from '../frame/navigation.tsx';
import { EmptyNote, RefusalNote } from '../parts/view-frame.tsx';
import { allTasks } from './task-filter.ts';
import { TaskTable } from './task-table.tsx';
import { useTasks } from './use-tasks.ts';
import type { JSX } from 'preact';

const SHOWN_COUNT = 8;

export function LatestTasks(): JSX.Element {
  const { polled, rows: tasks } = useTasks(allTasks, { limit: SHOWN_COUNT });
  return (
    <section class="panel" aria-labelledby="latest-title">
      <div class="panel-head">
        <h2 id="latest-title">Latest tasks</h2>
        <Link to="/tasks">All tasks</Link>
      </div>
      <RefusalNote of={polled} />
      {tasks.length > 0 && <TaskTable caption="Latest tasks" tasks={tasks} />}
      {polled.value && tasks.length === 0 && (
        <EmptyNote>
          No task yet. Submit one from <Link to="/tasks">Tasks</Link>, or point your Get3W client at this address.
        </EmptyNote>
      )}
    </section>
  );
}
