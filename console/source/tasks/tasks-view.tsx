// The tasks of all accounts (operators) or of the key's own: filters and search, a selection for bulk acts,
// export, and a form to submit one.
import { useState } from 'preact/hooks';
import { Link, useAddress } from '../frame/navigation.tsx';
import { usualPace } from '../frame/pace.ts';
import { useRelay } from '../frame/relay-context.ts';
import { useOperator } from '../frame/use-operator.ts';
import { JobStrip } from '../jobs/job-strip.tsx';
import { EmptyNote, Freshness, MoreButton, RefusalNote, ViewFrame } from '../parts/view-frame.tsx';
import { BulkBar } from './bulk-bar.tsx';
import { ExportDialog } from './export-dialog.tsx';
import { FirstTask } from './first-task.tsx';
import { KeyHelp } from './key-help.tsx';
import { SubmitDialog } from './submit-dialog.tsx';
import { TaskCounts } from './task-counts.tsx';
import { TaskFilters } from './task-filters.tsx';
import { useTaskKeys } from './task-keys.ts';
import { askedFilter, filterOfAddress, isFiltered, jobFilter } from './task-filter.ts';
import { TaskTable } from './task-table.tsx';
import { useSelection } from './use-selection.ts';
import { useTasks } from './use-tasks.ts';
import type { Pages } from '../frame/use-pages.ts';
import type { TaskFilter } from './task-filter.ts';
import type { ListedTask } from './listed-task.ts';
import type { JSX } from 'preact';

type Opened = 'submit' | 'export' | 'keys';

export function TasksView(): JSX.Element {
  const filter = filterOfAddress(useAddress());
  const isOperator = useOperator() ?? false;
  const [isHeld, setHeld] = useState(false);
  const [opened, setOpened] = useState<Opened>();
  const pages = useTasks(filter, { isHeld });
  const { polled, rows: tasks } = pages;
  const selection = useSelection(tasks);
  const query = askedFilter(filter, isOperator);
  const isOldestFirst = filter.order === 'oldest';
  useTaskKeys({ onSelect: selection.toggle, onHold: () => setHeld(!isHeld), onHelp: () => setOpened('keys') });
  return (
    <ViewFrame
      title="Tasks"
      tools={<TaskTools pages={pages} isHeld={isHeld} onHold={() => setHeld(!isHeld)} onOpen={setOpened} />}
    >
      <TaskFilters
        filter={filter}
        models={[...new Set(tasks.map(({ model }) => model))].sort()}
        isOperator={isOperator}
      />
      <JobStrip />
      <div class="list-tools">
        <TaskCounts filter={filter} query={query} />
        <BulkBar selection={selection} filter={jobFilter(filter, isOperator)} onDone={polled.refresh} />
      </div>
      <RefusalNote of={polled} />
      {tasks.length > 0 && (
        <div class="panel panel-flush">
          <TaskTable
            caption={isOldestFirst ? 'Tasks, oldest first' : 'Tasks, newest first'}
            tasks={tasks}
            selection={selection}
          />
        </div>
      )}
      <NoTasks pages={pages} filter={filter} onSubmit={() => setOpened('submit')} />
      <MoreButton showMore={pages.showMore} text={isOldestFirst ? 'Show newer tasks' : 'Show older tasks'} />
      <OpenedDialog opened={opened} query={query} onClose={() => setOpened(undefined)} />
    </ViewFrame>
  );
}

interface TaskToolsProps {
  readonly pages: Pages<ListedTask>;
  readonly isHeld: boolean;
  readonly onHold: () => void;
  readonly onOpen: (opened: Opened) => void;
}

function TaskTools({ pages, isHeld, onHold, onOpen }: TaskToolsProps): JSX.Element {
  const { local } = useRelay();
  return (
    <>
      {isHeld ? (
        <span class="freshness freshness-late">held</span>
      ) : (
        <Freshness of={pages.polled} pace={usualPace(local)} />
      )}
      <button type="button" class="button" aria-pressed={isHeld} onClick={onHold}>
        {isHeld ? 'Go on' : 'Hold'}
        <span class="unseen"> with the list</span>
      </button>
      <button type="button" class="button" onClick={() => onOpen('export')}>
        Export
      </button>
      <button type="button" class="button" aria-label="Keys" onClick={() => onOpen('keys')}>
        ?
      </button>
      <button type="button" class="button button-strong" onClick={() => onOpen('submit')}>
        Submit a task
      </button>
    </>
  );
}

interface NoTasksProps {
  readonly pages: Pages<ListedTask>;
  readonly filter: TaskFilter;
  readonly onSubmit: () => void;
}

function NoTasks({ pages, filter, onSubmit }: NoTasksProps): JSX.Element | null {
  if (!pages.polled.value || pages.polled.at === undefined || pages.rows.length > 0) return null;
  if (!isFiltered(filter)) return <FirstTask onSubmit={onSubmit} />;
  return (
    <EmptyNote>
      {pages.showMore ? 'No task on this page matches; more may follow.' : 'No task matches.'}{' '}
      <Link to="/tasks">Show all</Link>
    </EmptyNote>
  );
}

interface OpenedDialogProps {
  readonly opened: Opened | undefined;
  readonly query: Readonly<Record<string, string>>;
  readonly onClose: () => void;
}

function OpenedDialog({ opened, query, onClose }: OpenedDialogProps): JSX.Element | null {
  switch (opened) {
    case 'submit':
      return <SubmitDialog onClose={onClose} />;
    case 'export':
      return <ExportDialog query={query} onClose={onClose} />;
    case 'keys':
      return <KeyHelp onClose={onClose} />;
    case undefined:
      return null;
  }
}
