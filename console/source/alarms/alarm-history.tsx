// The latest changes of alarms, in a table: what went on or off, when, and why.
import { DAY_MS } from '../../../core/domain/time-ms.ts';
import { changeQuery, Link, runbookPath, useAddress } from '../frame/navigation.tsx';
import { Segmented } from '../parts/segmented.tsx';
import { StatePill } from '../parts/status-pill.tsx';
import { EmptyNote, RefusalNote } from '../parts/view-frame.tsx';
import { dayAndMinute, dayAndTime } from '../parts/words.ts';
import { useAlarmHistory } from './use-alarm-history.ts';
import type { PublicAlarmChange, PublicAlarms } from '../../../core/http/monitoring.ts';
import type { JSX } from 'preact';

const spans = [
  { value: 'day', text: '24 h', spanMs: DAY_MS },
  { value: 'week', text: '7 days', spanMs: 7 * DAY_MS },
  { value: 'month', text: '30 days', spanMs: 30 * DAY_MS },
] as const;

/** More are no overview; the API has them all. */
const SHOWN_MAX = 50;

export function AlarmHistory({ alarms }: { readonly alarms: PublicAlarms | undefined }): JSX.Element {
  const asked = useAddress().searchParams.get('history');
  const span = spans.find(({ value }) => value === asked) ?? spans[0];
  const history = useAlarmHistory(alarms, { ago: span.spanMs });
  const { latest } = history;
  // The first state of each alarm is no news.
  const changes = (latest?.changes ?? []).filter(({ previous, state }) => [previous, state].includes('ALARM'));
  return (
    <section class="panel" aria-labelledby="history-title">
      <div class="panel-head">
        <h2 id="history-title">When alarms went on and off</h2>
        <Segmented
          label="History of the last"
          options={spans}
          value={span.value}
          onChange={(value) => changeQuery({ history: value === 'day' ? undefined : value }, { isReplacing: true })}
        />
      </div>
      <RefusalNote of={history} />
      {latest && changes.length === 0 && <EmptyNote>No alarm went on or off in this time.</EmptyNote>}
      {changes.length > 0 && <Changes changes={changes.slice(0, SHOWN_MAX)} alarms={alarms} />}
      {latest && (changes.length > SHOWN_MAX || latest.complete_from > latest.from) && (
        <p class="note">
          {changes.length > SHOWN_MAX
            ? `The latest ${SHOWN_MAX} are shown.`
            : `There were too many changes, or CloudWatch was slow: known from ${dayAndMinute(Date.parse(latest.complete_from))} on.`}
        </p>
      )}
    </section>
  );
}

interface ChangesProps {
  readonly changes: readonly PublicAlarmChange[];
  readonly alarms: PublicAlarms | undefined;
}

function Changes({ changes, alarms }: ChangesProps): JSX.Element {
  return (
    <ul class="turns">
      {changes.map(({ name, at, state, reason }) => {
        const section = alarms?.alarms.find((alarm) => alarm.name === name)?.runbook;
        return (
          <li key={`${name} ${at}`}>
            <time dateTime={at}>{dayAndTime(at)}</time>
            <StatePill state={state} />
            {section === undefined ? <span>{name}</span> : <Link to={runbookPath(section)}>{name}</Link>}
            <span class="faint">{reason}</span>
          </li>
        );
      })}
    </ul>
  );
}
