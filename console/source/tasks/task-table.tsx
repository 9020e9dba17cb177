// Tasks as rows, the newest first; on a narrow page each row becomes a small card. The id is the link to the task.
// The roles are explicit because screen readers do not treat a table with another layout as a table.
import { Link } from '../frame/navigation.tsx';
import { useNow } from '../frame/use-now.ts';
import { ErrorName } from '../parts/error-name.tsx';
import { Moment } from '../parts/time-text.tsx';
import { durationWords, roughDuration, shortId } from '../parts/words.ts';
import { AttemptMarks, TaskState, tookMs } from './task-marks.tsx';
import type { PublicTask } from '../../../core/http/public-task.ts';
import type { JSX } from 'preact';

interface TaskTableProps {
  readonly caption: string;
  readonly tasks: readonly PublicTask[];
}

const columns: readonly { readonly name: string; readonly isNumber?: true }[] = [
  { name: 'State' },
  { name: 'Task' },
  { name: 'Model' },
  { name: 'Error' },
  { name: 'Attempts' },
  { name: 'Accepted', isNumber: true },
  { name: 'Took', isNumber: true },
];

export function TaskTable({ caption, tasks }: TaskTableProps): JSX.Element {
  return (
    <table class="rows" role="table">
      <caption class="unseen">{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map(({ name, isNumber }) => (
            <th key={name} role="columnheader" scope="col" class={isNumber ? 'number' : undefined}>
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {tasks.map((task) => (
          <TaskRow key={task.id} task={task} />
        ))}
      </tbody>
    </table>
  );
}

function TaskRow({ task }: { readonly task: PublicTask }): JSX.Element {
  const now = useNow();
  const isOver = task.completed_at !== null;
  const last = task.attempts.findLast(({ code }) => code !== null && code !== 0);
  const code = isOver ? (task.code === 0 ? null : task.code) : (last?.code ?? null);
  return (
    <tr role="row" class={isOver ? '' : 'row-open'}>
      <td role="cell" class="cell-state">
        <TaskState task={task} />
      </td>
      <th role="rowheader" scope="row" class="cell-id">
        <Link to={`/tasks/${task.id}`} class="id" label={`Task ${task.id}`}>
          {shortId(task.id)}
        </Link>
      </th>
      <td role="cell" class="cell-model" title={task.model}>
        {task.model}
      </td>
      <td role="cell" class="cell-error">
        {code === null ? (
          <span class="faint">–</span>
        ) : (
          <ErrorName level={isOver ? 'task' : (last?.level ?? 'task')} code={code} />
        )}
      </td>
      <td role="cell" class="cell-marks">
        <AttemptMarks attempts={task.attempts} />
      </td>
      <td role="cell" class="number cell-created">
        <Moment at={task.created_at} />
      </td>
      <td role="cell" class="number cell-took">
        {(isOver ? durationWords : roughDuration)(tookMs(task, now))}
      </td>
    </tr>
  );
}
