// The filters above the list of tasks. The address holds them, so that a filtered list can be shared as a link.
import { useEffect, useState } from 'preact/hooks';
import { errorCatalogue } from '../../../core/domain/error-catalogue.ts';
import { navigate } from '../frame/navigation.tsx';
import { queryOf } from '../relay/relay-client.ts';
import type { TaskFilter } from './task-page.ts';
import type { JSX } from 'preact';

const taskIdPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Values of the list call's `status`: first those that clients see, then those inside the relay. */
const statuses = [
  { value: 'created', text: 'created' },
  { value: 'processing', text: 'processing' },
  { value: 'completed', text: 'completed' },
  { value: 'failed', text: 'failed' },
  { value: 'cancelled', text: 'cancelled' },
  { value: 'waiting', text: '· waiting for a slot' },
  { value: 'running', text: '· running at Get3W' },
  { value: 'backoff', text: '· backing off' },
  { value: 'in-doubt', text: '· in doubt' },
];

const taskCodes = errorCatalogue.filter(({ level }) => level === 'task');

interface TaskFiltersProps {
  readonly filter: TaskFilter;
  /** Models of the listed tasks, to choose from. */
  readonly models: readonly string[];
}

export function TaskFilters({ filter, models }: TaskFiltersProps): JSX.Element {
  const change = (part: Partial<TaskFilter>): void =>
    navigate(`/tasks${queryOf({ ...filter, ...part })}`, { isReplacing: true });
  return (
    <div class="filters" role="search" aria-label="Filter tasks">
      <label class="field">
        <span>State</span>
        <select value={filter.status} onChange={(event) => change({ status: event.currentTarget.value })}>
          <option value="">any</option>
          {statuses.map(({ value, text }) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>Ended with</span>
        <select value={filter.code} onChange={(event) => change({ code: event.currentTarget.value })}>
          <option value="">any code</option>
          {taskCodes.map(({ code, name }) => (
            <option key={code} value={String(code)}>
              {code} {name}
            </option>
          ))}
        </select>
      </label>
      <ModelFilter model={filter.model} models={models} onModel={(model) => change({ model })} />
      <IdSearch />
    </div>
  );
}

interface ModelFilterProps {
  readonly model: string;
  readonly models: readonly string[];
  readonly onModel: (model: string) => void;
}

function ModelFilter({ model, models, onModel }: ModelFilterProps): JSX.Element {
  // The user's unfinished input must survive: the list renders again every other second.
  const [text, setText] = useState(model);
  useEffect(() => setText(model), [model]);
  return (
    <label class="field field-wide">
      <span>Model</span>
      <input
        type="search"
        list="known-models"
        placeholder="vendor/model/task"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onChange={(event) => onModel(event.currentTarget.value.trim())}
      />
      <datalist id="known-models">
        {models.map((known) => (
          <option key={known} value={known} />
        ))}
      </datalist>
    </label>
  );
}

function IdSearch(): JSX.Element {
  const [text, setText] = useState('');
  const [fault, setFault] = useState<string>();
  const open = (event: SubmitEvent): void => {
    event.preventDefault();
    const id = text.trim().toLowerCase();
    if (taskIdPattern.test(id)) navigate(`/tasks/${id}`);
    else setFault('This is not a task id: an id has 36 characters, such as 0192…-…');
  };
  return (
    <form class="field field-wide" onSubmit={open}>
      <label for="task-id">Task id</label>
      <span class="field-row">
        <input
          id="task-id"
          type="search"
          class="id"
          placeholder="whole id"
          value={text}
          aria-invalid={fault !== undefined}
          aria-describedby={fault === undefined ? undefined : 'task-id-fault'}
          onInput={(event) => {
            setText(event.currentTarget.value);
            setFault(undefined);
          }}
        />
        <button type="submit" class="button">
          Open
        </button>
      </span>
      {fault !== undefined && (
        <span id="task-id-fault" class="fault" role="alert">
          {fault}
        </span>
      )}
    </form>
  );
}
