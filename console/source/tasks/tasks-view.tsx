// All tasks, newest first and live: filters by state, code and model, a search by id, and a form to submit one.
import { useState } from 'preact/hooks';
import { Link, useAddress } from '../frame/navigation.tsx';
import { usualPace } from '../frame/pace.ts';
import { useRelay } from '../frame/relay-context.ts';
import { EmptyNote, Freshness, MoreButton, RefusalNote, ViewFrame } from '../parts/view-frame.tsx';
import { FirstTask } from './first-task.tsx';
import { SubmitDialog } from './submit-dialog.tsx';
import { TaskFilters } from './task-filters.tsx';
import { useTaskPages } from './task-page.ts';
import { TaskTable } from './task-table.tsx';
import type { JSX } from 'preact';

export function TasksView(): JSX.Element {
  const { local } = useRelay();
  const { searchParams } = useAddress();
  const part = (name: string): string => searchParams.get(name) ?? '';
  const filter = { status: part('status'), code: part('code'), model: part('model') };
  const { polled, rows: tasks, showMore: showOlder } = useTaskPages(filter);
  const [isSubmitting, setSubmitting] = useState(false);
  const isFiltered = Object.values(filter).some((text) => text !== '');
  const tools = (
    <>
      <Freshness of={polled} pace={usualPace(local)} />
      <button type="button" class="button button-strong" onClick={() => setSubmitting(true)}>
        Submit a task
      </button>
    </>
  );
  return (
    <ViewFrame title="Tasks" tools={tools}>
      <TaskFilters filter={filter} models={[...new Set(tasks.map(({ model }) => model))].sort()} />
      <RefusalNote of={polled} />
      {tasks.length > 0 && (
        <div class="panel panel-flush">
          <TaskTable caption="Tasks, newest first" tasks={tasks} />
        </div>
      )}
      {polled.value && tasks.length === 0 && isFiltered && (
        <EmptyNote>
          No task matches. <Link to="/tasks">Show all</Link>
        </EmptyNote>
      )}
      {polled.value && tasks.length === 0 && !isFiltered && <FirstTask onSubmit={() => setSubmitting(true)} />}
      <MoreButton showMore={showOlder} text="Show older tasks" />
      {isSubmitting && <SubmitDialog onClose={() => setSubmitting(false)} />}
    </ViewFrame>
  );
}
