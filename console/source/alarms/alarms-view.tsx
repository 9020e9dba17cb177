// Every alarm of the relay: its state and since when, its meaning, its condition, and a link to the runbook.
import { alarmPace } from '../frame/pace.ts';
import { changeQuery, Link, runbookPath, useAddress } from '../frame/navigation.tsx';
import { useRelay } from '../frame/relay-context.ts';
import { Segmented } from '../parts/segmented.tsx';
import { StatePill } from '../parts/status-pill.tsx';
import { Lasting } from '../parts/time-text.tsx';
import { EmptyNote, Freshness, RefusalNote, ViewFrame } from '../parts/view-frame.tsx';
import { Acknowledge } from './acknowledge.tsx';
import { AlarmHistory } from './alarm-history.tsx';
import { AlarmCodes } from './alarm-codes.tsx';
import { AlarmPlace } from './alarm-place.tsx';
import { byUrgency, conditionWords } from './alarm-words.ts';
import type { PublicAlarm, PublicAlarms } from '../../../core/http/monitoring.ts';
import type { Polled } from '../frame/use-polled.ts';
import type { JSX } from 'preact';

type Shown = 'all' | 'ALARM' | 'page';

const choices: readonly { readonly value: Shown; readonly text: string }[] = [
  { value: 'all', text: 'All' },
  { value: 'ALARM', text: 'On' },
  { value: 'page', text: 'Pages' },
];

const shows: Readonly<Record<Shown, (alarm: PublicAlarm) => boolean>> = {
  all: () => true,
  ALARM: ({ state }) => state === 'ALARM',
  page: ({ severity }) => severity === 'page',
};

export function AlarmsView({ alarms }: { readonly alarms: Polled<PublicAlarms> }): JSX.Element {
  const { local } = useRelay();
  const asked = useAddress().searchParams.get('shown');
  const shown = choices.find(({ value }) => value === asked)?.value ?? 'all';
  const setShown = (value: Shown): void =>
    changeQuery({ shown: value === 'all' ? undefined : value }, { isReplacing: true });
  const all = [...(alarms.value?.alarms ?? [])].sort(byUrgency);
  const chosen = all.filter(shows[shown]);
  const tools = (
    <>
      <Freshness of={alarms} pace={alarmPace(local)} />
      <Segmented label="Alarms shown" options={choices} value={shown} onChange={setShown} />
    </>
  );
  return (
    <ViewFrame title="Alarms" tools={tools}>
      <RefusalNote of={alarms} />
      {local && local.speedFactor !== 1 && (
        <p class="note">On this machine periods pass {local.speedFactor} times as fast as the conditions say.</p>
      )}
      {chosen.length > 0 && (
        <ul class="alarms">
          {chosen.map((alarm) => (
            <AlarmItem key={alarm.name} alarm={alarm} onDone={alarms.refresh} />
          ))}
        </ul>
      )}
      {alarms.value && chosen.length === 0 && (
        <EmptyNote>{shown === 'ALARM' ? 'No alarm is on.' : 'No alarm has this state.'}</EmptyNote>
      )}
      {alarms.value && <AlarmHistory alarms={alarms.value} />}
    </ViewFrame>
  );
}

interface AlarmItemProps {
  readonly alarm: PublicAlarm;
  readonly onDone: () => void;
}

function AlarmItem({ alarm, onDone }: AlarmItemProps): JSX.Element {
  return (
    <li class={`alarm alarm-${alarm.state.toLowerCase()}`}>
      <StatePill state={alarm.state} />
      <h2>{alarm.name}</h2>
      <span class="alarm-severity">{alarm.severity}</span>
      <div class="alarm-text">
        <p>
          {alarm.meaning}
          <AlarmCodes alarm={alarm} />
          <AlarmPlace alarm={alarm} />
        </p>
        <p class="faint">
          {conditionWords(alarm)}
          {alarm.state !== 'OK' && alarm.reason !== '' && <span class="alarm-reason">{alarm.reason}</span>}
        </p>
        <Acknowledge alarm={alarm} onDone={onDone} />
      </div>
      <span class="alarm-since">
        {alarm.since !== null && (
          <>
            for <Lasting from={alarm.since} />
          </>
        )}
      </span>
      <Link to={runbookPath(alarm.runbook)} label={`Runbook for ${alarm.name}`}>
        Runbook
      </Link>
    </li>
  );
}
