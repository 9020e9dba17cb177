// Below the charts of the overview: which alarms were on in the time shown, and when.
import { MINUTE_MS } from '../../../core/domain/time-ms.ts';
import { Link, runbookPath } from '../frame/navigation.tsx';
import { dayAndMinute, dayAndTime, roughDuration } from '../parts/words.ts';
import { onTimes } from './on-times.ts';
import { HISTORY_MS, useAlarmHistory } from './use-alarm-history.ts';
import type { PublicAlarm, PublicAlarms } from '../../../core/http/monitoring.ts';
import type { OnTimes, TimeSpan } from './on-times.ts';
import type { JSX } from 'preact';

interface AlarmBandProps {
  readonly alarms: PublicAlarms | undefined;
  /** What the charts show. */
  readonly shown: TimeSpan;
  readonly isFixed: boolean;
}

export function AlarmBand({ alarms, shown, isFixed }: AlarmBandProps): JSX.Element | null {
  const ago = Math.round((shown.to - shown.from) / MINUTE_MS) * MINUTE_MS;
  const { latest, refusal } = useAlarmHistory(alarms, isFixed ? { at: shown.from } : { ago });
  const rows = alarms && latest ? onTimes(alarms.alarms, latest, shown, Date.now()) : [];
  return (
    <section class="panel" aria-labelledby="band-title">
      <h2 id="band-title">Alarms that were on</h2>
      {refusal && <p class="note">{`The history of alarms cannot be shown: ${refusal.message}`}</p>}
      {latest && <p class="faint">{bandWords(rows.length, latest.complete_from, shown)}</p>}
      {rows.length > 0 && (
        <ul class="band">
          {rows.map((row) => (
            <BandRow
              key={row.name}
              row={row}
              shown={shown}
              alarm={alarms?.alarms.find(({ name }) => name === row.name)}
            />
          ))}
        </ul>
      )}
    </section>
  );
}

function bandWords(count: number, completeFrom: string, shown: TimeSpan): string {
  const isShort = Date.parse(completeFrom) > shown.from + MINUTE_MS;
  const known = isShort ? ` Known from ${dayAndMinute(Date.parse(completeFrom))} on` : '';
  const why =
    Date.now() - shown.from > HISTORY_MS ? ': CloudWatch keeps thirty days.' : ': there were too many changes.';
  const none = count === 0 ? 'None.' : `${dayAndMinute(shown.from)} to ${dayAndMinute(shown.to)}.`;
  return isShort ? `${none}${known}${why}` : none;
}

interface BandRowProps {
  readonly row: OnTimes;
  readonly shown: TimeSpan;
  readonly alarm: PublicAlarm | undefined;
}

function BandRow({ row: { name, spans }, shown, alarm }: BandRowProps): JSX.Element {
  const share = (ms: number): number => (100 * ms) / (shown.to - shown.from);
  return (
    <li>
      {alarm ? <Link to={runbookPath(alarm.runbook)}>{name}</Link> : <span>{name}</span>}
      {/* A drawing: the attribute `style` would be refused by the content policy, so its parts are SVG. */}
      <svg class="band-track" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label={spanWords(spans)}>
        {spans.map(({ from, to }) => (
          <rect
            key={from}
            x={Math.min(99.4, share(from - shown.from))}
            y={0}
            width={Math.max(0.6, share(to - from))}
            height={10}
          >
            <title>{spanWords([{ from, to }])}</title>
          </rect>
        ))}
      </svg>
      <span class="faint">{roughDuration(spans.reduce((sum, { from, to }) => sum + to - from, 0))}</span>
    </li>
  );
}

function spanWords(spans: readonly TimeSpan[]): string {
  const [first, ...others] = spans;
  if (!first) return '';
  const iso = (at: number): string => dayAndTime(new Date(at).toISOString());
  const more = others.length === 0 ? '' : `, and ${others.length} more times`;
  return `on from ${iso(first.from)} to ${iso(first.to)}${more}`;
}
