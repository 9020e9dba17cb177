// The filters above the list of tasks. The address holds them, so that a filtered list can be shared as a link.
import { useEffect, useState } from 'preact/hooks';
import { errorCatalogue } from '../../../core/domain/error-catalogue.ts';
import { navigate } from '../frame/navigation.tsx';
import { TextField } from '../parts/text-field.tsx';
import { IdSearch } from './id-search.tsx';
import { MoreFilters } from './more-filters.tsx';
import { tasksAddress } from './task-filter.ts';
import type { TaskFilter } from './task-filter.ts';
import type { JSX } from 'preact';

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
  readonly isOperator: boolean;
}

export function TaskFilters({ filter, models, isOperator }: TaskFiltersProps): JSX.Element {
  const change = (part: Partial<TaskFilter>): void =>
    navigate(tasksAddress({ ...filter, ...part }), { isReplacing: true });
  return (
    <div role="search" aria-label="Filter tasks">
      <div class="filters">
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
        {isOperator && (
          <TextField
            name="Account"
            value={filter.account}
            hint="all accounts"
            isWide
            onText={(account) => change({ account })}
          />
        )}
      </div>
      <MoreFilters filter={filter} change={change} />
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
        id="filter-model"
        list="known-models"
        placeholder="vendor/model/task, vendor/*"
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
