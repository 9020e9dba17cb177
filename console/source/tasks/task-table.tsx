// Tasks as rows; on a narrow page each row becomes a small card. The id is the link to the task. With a selection each
// row has a box, and rows show whose they are and the ids that others know them by.
// The roles are explicit because screen readers do not treat a table with another layout as a table.
import { Link } from '../frame/navigation.tsx';
import { useNow } from '../frame/use-now.ts';
import { AccountName } from '../parts/account-name.tsx';
import { ErrorName } from '../parts/error-name.tsx';
import { Moment } from '../parts/time-text.tsx';
import { durationWords, roughDuration, shortId } from '../parts/words.ts';
import { AttemptMarks, TaskState, tookMs } from './task-marks.tsx';
import type { ListedTask } from './listed-task.ts';
import type { JSX } from 'preact';

export interface Selection {
  readonly ids: ReadonlySet<string>;
  readonly toggle: (taskId: string) => void;
  /** All shown, or none when all are. */
  readonly toggleAll: () => void;
}

interface TaskTableProps {
  readonly caption: string;
  readonly tasks: readonly ListedTask[];
  readonly selection?: Selection;
}

interface Column {
  readonly name: string;
  readonly isNumber?: true;
  /** Only with a selection, where there is room. */
  readonly isExtra?: true;
}

const columns: readonly Column[] = [
  { name: 'State' },
  { name: 'Task' },
  { name: 'Model' },
  { name: 'Error' },
  { name: 'Attempts' },
  { name: 'Account', isExtra: true },
  { name: 'At Get3W', isExtra: true },
  { name: 'Correlation', isExtra: true },
  { name: 'Accepted', isNumber: true },
  { name: 'Took', isNumber: true },
];

export function TaskTable({ caption, tasks, selection }: TaskTableProps): JSX.Element {
  return (
    <table class={`rows ${selection ? 'rows-chosen' : ''}`} role="table">
      <caption class="unseen">{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {selection && (
            <th role="columnheader" scope="col" class="cell-box">
              <input
                type="checkbox"
                aria-label="Select all shown tasks"
                checked={tasks.length > 0 && tasks.every(({ id }) => selection.ids.has(id))}
                onChange={selection.toggleAll}
              />
            </th>
          )}
          {columns
            .filter(({ isExtra }) => selection || !isExtra)
            .map(({ name, isNumber, isExtra }) => (
              <th key={name} role="columnheader" scope="col" class={isNumber ? 'number' : isExtra && 'cell-extra'}>
                {name}
              </th>
            ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {tasks.map((task) => (
          <TaskRow key={task.id} task={task} selection={selection} />
        ))}
      </tbody>
    </table>
  );
}

interface TaskRowProps {
  readonly task: ListedTask;
  readonly selection: Selection | undefined;
}

function TaskRow({ task, selection }: TaskRowProps): JSX.Element {
  const now = useNow();
  const isOver = task.completed_at !== null;
  return (
    <tr role="row" class={isOver ? '' : 'row-open'} data-task={task.id}>
      {selection && (
        <td role="cell" class="cell-box">
          <input
            type="checkbox"
            aria-label={`Select task ${task.id}`}
            checked={selection.ids.has(task.id)}
            onChange={() => selection.toggle(task.id)}
          />
        </td>
      )}
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
        <RowError task={task} />
      </td>
      <td role="cell" class="cell-marks">
        <AttemptMarks attempts={task.attempts} />
      </td>
      {selection && <ExtraCells task={task} />}
      <td role="cell" class="number cell-created">
        <Moment at={task.created_at} />
      </td>
      <td role="cell" class="number cell-took">
        {(isOver ? durationWords : roughDuration)(tookMs(task, now))}
      </td>
    </tr>
  );
}

function RowError({ task }: { readonly task: ListedTask }): JSX.Element {
  const isOver = task.completed_at !== null;
  const last = task.attempts.findLast(({ code }) => code !== null && code !== 0);
  const code = isOver ? (task.code === 0 ? null : task.code) : (last?.code ?? null);
  if (code === null) return <span class="faint">–</span>;
  return <ErrorName level={isOver ? 'task' : (last?.level ?? 'task')} code={code} />;
}

function ExtraCells({ task }: { readonly task: ListedTask }): JSX.Element {
  const atGet3w = task.attempts.findLast(({ request_id: id }) => id !== null)?.request_id;
  return (
    <>
      <td role="cell" class="cell-extra cell-account">
        <AccountName id={task.account} />
      </td>
      <td role="cell" class="cell-extra">
        <AccountName id={atGet3w ?? undefined} />
      </td>
      <td role="cell" class="cell-extra cell-correlation" title={task.correlation_id ?? undefined}>
        {task.correlation_id ?? <span class="faint">–</span>}
      </td>
    </>
  );
}
