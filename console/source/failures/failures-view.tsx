// What tasks met on their way, as groups by code, model and account, the most frequent first, muted ones last. Each
// group leads to just its tasks.
import { DAY_MS, HOUR_MS } from '../../../core/domain/time-ms.ts';
import { changeQuery, Link, useAddress } from '../frame/navigation.tsx';
import { failurePace } from '../frame/pace.ts';
import { useRelay } from '../frame/relay-context.ts';
import { useOperator } from '../frame/use-operator.ts';
import { usePolled } from '../frame/use-polled.ts';
import { Segmented } from '../parts/segmented.tsx';
import { EmptyNote, Freshness, RefusalNote, ViewFrame } from '../parts/view-frame.tsx';
import { plural } from '../parts/words.ts';
import { queryOf } from '../relay/relay-client.ts';
import { FailureGroups } from './failure-groups.tsx';
import type { Polled } from '../frame/use-polled.ts';
import type { Failures } from './failure-links.ts';
import type { JSX } from 'preact';

const spans = [
  { value: 'hour', text: '1 h', spanMs: HOUR_MS },
  { value: 'day', text: '24 h', spanMs: DAY_MS },
  { value: 'week', text: '7 days', spanMs: 7 * DAY_MS },
] as const;

type Span = (typeof spans)[number]['value'];

export function FailuresView(): JSX.Element {
  const { local } = useRelay();
  const isOperator = useOperator();
  const { searchParams } = useAddress();
  const account = searchParams.get('account') ?? '';
  const span = spans.find(({ value }) => value === searchParams.get('span'))?.value ?? 'day';
  const setSpan = (value: Span): void =>
    changeQuery({ span: value === 'day' ? undefined : value }, { isReplacing: true });
  const polled = useFailures(isOperator, account, span);
  const { value } = polled;
  return (
    <ViewFrame
      title="Failures"
      tools={
        <>
          <Freshness of={polled} pace={failurePace(local)} />
          <Segmented label="Time shown" options={spans} value={span} onChange={setSpan} />
        </>
      }
    >
      {account !== '' && (
        <p>
          Only of the account <span class="id">{account}</span>. <Link to="/failures">Show all accounts</Link>
        </p>
      )}
      <RefusalNote of={polled} />
      {value && <Summary failures={value} />}
      {value && value.failures.length > 0 && (
        <div class="panel panel-flush">
          <FailureGroups failures={value} isOperator={isOperator ?? false} onChanged={polled.refresh} />
        </div>
      )}
      {value?.failures.length === 0 && polled.at !== undefined && (
        <EmptyNote>No task that was accepted in this time has met a failure.</EmptyNote>
      )}
    </ViewFrame>
  );
}

function Summary({ failures }: { readonly failures: Failures }): JSX.Element | null {
  const { total, at_least: isMore, more_groups: moreCount } = failures;
  if (total === 0) return null;
  return (
    <p class="failure-sum">
      {plural(total, 'task')} of this time met a failure on the way
      {isMore && ', and there may be more: only the newest of them are looked at'}. A task that met two codes is in two
      groups.{moreCount > 0 && ` ${plural(moreCount, 'rarer group is', 'rarer groups are')} not shown.`}
    </p>
  );
}

function useFailures(isOperator: boolean | undefined, account: string, span: Span): Polled<Failures | undefined> {
  const { client, local } = useRelay();
  const asked = account === '' && isOperator ? '*' : account;
  const spanMs = spans.find(({ value }) => value === span)?.spanMs ?? DAY_MS;
  return usePolled<Failures | undefined>({
    key: `${String(isOperator)} ${asked} ${span}`,
    pace: () => failurePace(local),
    // The time moves on with each call, and alone is no news.
    versionOf: (value) => JSON.stringify([value?.total, value?.failures.map(({ count, muted }) => [count, muted?.at])]),
    load: async (signal) => {
      if (isOperator === undefined) return undefined;
      const from = new Date(Date.now() - spanMs).toISOString();
      return client.get<Failures>(`/v1/failures${queryOf({ account: asked, from })}`, signal);
    },
  });
}
