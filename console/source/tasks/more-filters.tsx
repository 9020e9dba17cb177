// The rarer filters of the list of tasks: what was met on the way, the time, ids of others, the order.
import { useState } from 'preact/hooks';
import { errorCatalogue } from '../../../core/domain/error-catalogue.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../core/domain/time-ms.ts';
import { MomentField } from '../parts/moment-field.tsx';
import { TextField } from '../parts/text-field.tsx';
import type { TaskFilter } from './task-filter.ts';
import type { JSX } from 'preact';

interface MoreFiltersProps {
  readonly filter: TaskFilter;
  readonly change: (part: Partial<TaskFilter>) => void;
}

const spans = [
  { value: 15 * MINUTE_MS, text: 'last 15 min' },
  { value: HOUR_MS, text: 'last hour' },
  { value: DAY_MS, text: 'last 24 h' },
  { value: 7 * DAY_MS, text: 'last 7 days' },
];

const rare = ['met', 'from', 'to', 'order', 'provider_id', 'correlation_id'] as const;

export function MoreFilters(props: MoreFiltersProps): JSX.Element {
  const { filter, change } = props;
  const setCount = rare.filter((name) => filter[name] !== '').length;
  // Open at once for who comes by a link, or the reason of a short list would be hidden.
  const [isOpen] = useState(setCount > 0);
  return (
    <details class="filters-more" open={isOpen}>
      <summary>More filters{setCount > 0 && `: ${setCount} set`}</summary>
      <div class="filters">
        <MetFilter met={filter.met} onMet={(met) => change({ met })} />
        <TimeFilters {...props} />
        <label class="field">
          <span>Order</span>
          <select value={filter.order} onChange={(event) => change({ order: event.currentTarget.value })}>
            <option value="">newest first</option>
            <option value="oldest">oldest first</option>
          </select>
        </label>
        <TextField
          name="Get3W’s request id"
          value={filter.provider_id}
          hint="any"
          onText={(provider_id) => change({ provider_id })}
        />
        <TextField
          name="Correlation id"
          value={filter.correlation_id}
          hint="any"
          onText={(correlation_id) => change({ correlation_id })}
        />
      </div>
    </details>
  );
}

interface MetFilterProps {
  readonly met: string;
  readonly onMet: (met: string) => void;
}

/** A link may name a code by its number, or one that the catalogue does not have. */
function MetFilter({ met, onMet }: MetFilterProps): JSX.Element {
  const known = errorCatalogue.find(({ key, code }) => key === met || String(code) === met)?.key;
  return (
    <label class="field">
      <span>Met on the way</span>
      <select value={known ?? met} onChange={(event) => onMet(event.currentTarget.value)}>
        <option value="">any or no error</option>
        {met !== '' && known === undefined && <option value={met}>{met}</option>}
        {errorCatalogue
          .filter(({ reaction }) => reaction !== 'none')
          .map(({ key, level, code, name }) => (
            <option key={key} value={key}>
              {level === 'transport' ? '—' : code} {name}
            </option>
          ))}
      </select>
    </label>
  );
}

function TimeFilters({ filter, change }: MoreFiltersProps): JSX.Element {
  const choose = (spanMs: number): void =>
    change({ from: spanMs === 0 ? '' : new Date(Date.now() - spanMs).toISOString(), to: '' });
  return (
    <>
      <label class="field">
        <span>Accepted in the</span>
        <select
          value={filter.from === '' && filter.to === '' ? '0' : ''}
          onChange={(event) => choose(Number(event.currentTarget.value))}
        >
          <option value="0">whole time</option>
          {spans.map(({ value, text }) => (
            <option key={value} value={String(value)}>
              {text}
            </option>
          ))}
          <option value="" disabled>
            time below
          </option>
        </select>
      </label>
      <MomentField name="Accepted from" at={filter.from} onMoment={(from) => change({ from })} />
      <MomentField name="Accepted before" at={filter.to} onMoment={(to) => change({ to })} />
    </>
  );
}
