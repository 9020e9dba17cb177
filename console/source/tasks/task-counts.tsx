// How many tasks the filters let through, in all and, when they are not too many, by state. Counted only when asked: a
// count goes through up to 10,000 tasks.
import { useEffect, useState } from 'preact/hooks';
import { Link } from '../frame/navigation.tsx';
import { useRelay } from '../frame/relay-context.ts';
import { countWords } from '../parts/words.ts';
import { queryOf, RelayRefusal } from '../relay/relay-client.ts';
import { tasksAddress } from './task-filter.ts';
import type { RelayClient } from '../relay/relay-client.ts';
import type { TaskFilter } from './task-filter.ts';
import type { JSX } from 'preact';

const states = ['waiting', 'running', 'backoff', 'in-doubt', 'completed', 'failed', 'cancelled'] as const;

interface Count {
  readonly tasks: number;
  readonly at_least: boolean;
}

type Counts = readonly (readonly [state: string, count: Count])[];

interface TaskCountsProps {
  readonly filter: TaskFilter;
  /** The filter as the API is asked. */
  readonly query: Readonly<Record<string, string>>;
}

/** States are not in the index: each count of one reads the tasks themselves. */
const BY_STATE_MAX = 2_000;

async function countTasks(client: RelayClient, query: Readonly<Record<string, string>>): Promise<Counts> {
  const countOf = async (state: string): Promise<Counts[number]> => {
    const path = `/v1/requests${queryOf({ ...query, order: undefined, status: state, count: 'true', limit: 1 })}`;
    return [state, (await client.get<{ readonly count: Count }>(path)).count];
  };
  const all = await countOf(query['status'] ?? '');
  if (query['status'] !== undefined || all[1].at_least || all[1].tasks > BY_STATE_MAX) return [all];
  const each = await Promise.all(states.map(countOf));
  return [all, ...each.filter(([, { tasks }]) => tasks > 0)];
}

export function TaskCounts({ filter, query }: TaskCountsProps): JSX.Element {
  const { client } = useRelay();
  const [counts, setCounts] = useState<Counts>();
  const [refusal, setRefusal] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const key = JSON.stringify(query);
  useEffect(() => {
    setCounts(undefined);
    setRefusal(undefined);
  }, [key]);
  const count = async (): Promise<void> => {
    setBusy(true);
    try {
      setCounts(await countTasks(client, query));
      setRefusal(undefined);
    } catch (error) {
      if (!(error instanceof RelayRefusal)) throw error;
      setRefusal(error.message);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div class="counts" role="group" aria-label="Number of tasks">
      <button type="button" class="button button-small" disabled={isBusy} onClick={() => void count()}>
        Count
      </button>
      {counts?.map(([state, one]) => (
        <CountLink key={state} state={state} count={one} filter={filter} />
      ))}
      {refusal !== undefined && (
        <span class="fault" role="alert">
          {refusal}
        </span>
      )}
    </div>
  );
}

interface CountLinkProps {
  readonly state: string;
  readonly count: Count;
  readonly filter: TaskFilter;
}

function CountLink({ state, count, filter }: CountLinkProps): JSX.Element {
  const text = `${countWords(count.tasks)}${count.at_least ? '+' : ''}`;
  return (
    <span class="count">
      <span class="figure">{text}</span>{' '}
      {state === '' ? 'in all' : <Link to={tasksAddress({ ...filter, status: state })}>{state}</Link>}
    </span>
  );
}
