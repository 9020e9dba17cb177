// The newest tasks in short, on the overview.
import { Link } from '../frame/navigation.tsx';
import { EmptyNote, RefusalNote } from '../parts/view-frame.tsx';
import { useTaskPages } from './task-page.ts';
import { TaskTable } from './task-table.tsx';
import type { JSX } from 'preact';

const SHOWN_COUNT = 8;
const everything = { status: '', code: '', model: '' };

export function LatestTasks(): JSX.Element {
  const { polled, rows: tasks } = useTaskPages(everything, SHOWN_COUNT);
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
