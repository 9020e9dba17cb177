// The alarms that are on, at the top of the overview: what has happened, with links to the runbook.
import { Link, runbookPath } from '../frame/navigation.tsx';
import { Lasting } from '../parts/time-text.tsx';
import { plural } from '../parts/words.ts';
import { AcknowledgedBy } from './acknowledge.tsx';
import { AlarmCodes } from './alarm-codes.tsx';
import { AlarmPlace } from './alarm-place.tsx';
import { byUrgency } from './alarm-words.ts';
import type { PublicAlarm, PublicAlarms } from '../../../core/http/monitoring.ts';
import type { Polled } from '../frame/use-polled.ts';
import type { JSX } from 'preact';

/** More would push everything else out of sight; the list of alarms shows the rest. */
const SHOWN_MAX = 4;

export function AlarmStrip({ alarms }: { readonly alarms: Polled<PublicAlarms> }): JSX.Element | null {
  if (!alarms.value) return null;
  const all = alarms.value.alarms;
  const firing = all.filter(({ state }) => state === 'ALARM').sort(byUrgency);
  if (firing.length === 0) {
    return (
      <p class="strip strip-calm">
        <span class="strip-mark" aria-hidden="true" />
        None of {plural(all.length, 'alarm')} is on. <Link to="/alarms">All alarms</Link>
      </p>
    );
  }
  return (
    <section class="strip strip-firing" aria-labelledby="strip-title">
      <h2 id="strip-title">{firing.length === 1 ? 'An alarm is on' : `${firing.length} alarms are on`}</h2>
      <ul>
        {firing.slice(0, SHOWN_MAX).map((alarm) => (
          <FiringAlarm key={alarm.name} alarm={alarm} />
        ))}
      </ul>
      {firing.length > SHOWN_MAX && <Link to="/alarms">{`Show all ${firing.length}`}</Link>}
    </section>
  );
}

function FiringAlarm({ alarm }: { readonly alarm: PublicAlarm }): JSX.Element {
  return (
    <li>
      <strong>{alarm.name}</strong>
      <span class="strip-severity">{alarm.severity}</span>
      <span class="strip-meaning">
        {alarm.meaning}
        <AlarmCodes alarm={alarm} />
        <AlarmPlace alarm={alarm} /> <AcknowledgedBy alarm={alarm} />
      </span>
      <span class="strip-since">
        for <Lasting from={alarm.since ?? new Date().toISOString()} />
      </span>
      <Link to={runbookPath(alarm.runbook)} label={`Runbook for ${alarm.name}`}>
        Runbook
      </Link>
    </li>
  );
}
