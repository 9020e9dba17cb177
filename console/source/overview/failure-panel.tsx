// Failed attempts at Get3W, by code over time, against the alarms that watch them: a chart, and beside it the same
// figures as a table. Pointing at a row highlights its line.
import { useMemo, useState } from 'preact/hooks';
import { Link, runbookAddress } from '../frame/navigation.tsx';
import { useRelay } from '../frame/relay-context.ts';
import { timesWords } from '../alarms/alarm-words.ts';
import { errorOfKey, nameOfKey } from '../parts/error-keys.ts';
import { LineChart } from '../parts/line-chart.tsx';
import { Segmented } from '../parts/segmented.tsx';
import { StatePill } from '../parts/status-pill.tsx';
import { EmptyNote } from '../parts/view-frame.tsx';
import { countWords, percentWords } from '../parts/words.ts';
import { tasksAddress } from '../tasks/task-filter.ts';
import { settled } from './metric-grid.ts';
import { codeColour, countThreshold, failureAlarmNames, failureRows, findAlarm } from './failure-rows.ts';
import type { PublicAlarm } from '../../../core/http/monitoring.ts';
import type { FailureRow } from './failure-rows.ts';
import type { MetricGrid } from './metric-grid.ts';
import type { RelayMetrics } from './use-metrics.ts';
import type { Threshold } from '../parts/line-chart.tsx';
import type { JSX } from 'preact';

interface FailurePanelProps {
  readonly metrics: RelayMetrics;
  readonly alarms: readonly PublicAlarm[];
  /** What one point of the chart measures. */
  readonly pointSeconds: number;
}

type Measure = 'share' | 'count';

const measures: readonly { readonly value: Measure; readonly text: string }[] = [
  { value: 'share', text: 'Share' },
  { value: 'count', text: 'Count' },
];

export function FailurePanel({ metrics, alarms, pointSeconds }: FailurePanelProps): JSX.Element {
  const { totals, byCode } = metrics;
  const { local } = useRelay();
  const [measure, setMeasure] = useState<Measure>('share');
  const [focus, setFocus] = useState<number>();
  const rows = useMemo(() => failureRows(totals, byCode), [totals, byCode]);
  const lines = useMemo(() => rows.map((row) => lineOf(row, measure, totals)), [rows, measure, totals]);
  const watching = findAlarm(alarms, failureAlarmNames[measure]);
  const isQuiet = rows.every(({ percent }) => percent === null);
  return (
    <section class="panel" aria-labelledby="failures-title">
      <div class="panel-head">
        <h2 id="failures-title">Failed attempts at Get3W, by code</h2>
        <Segmented label="Failed attempts as" options={measures} value={measure} onChange={setMeasure} />
      </div>
      <div class="panel-split">
        <LineChart
          label={chartLabel(rows)}
          times={totals.times}
          lines={lines}
          unit={measure === 'share' ? 'percent' : 'count'}
          thresholds={watching ? thresholdOf(watching, measure, pointSeconds, local?.speedFactor ?? 1) : []}
          heightPixels={250}
          focus={focus}
        />
        <div>
          {isQuiet ? (
            <EmptyNote>No attempt has ended in this time.</EmptyNote>
          ) : (
            <FailureTable rows={rows} onFocus={setFocus} />
          )}
          <p>
            <Link to="/failures">Failures by model and account</Link>
          </p>
          <WatchingAlarms alarms={alarms} />
        </div>
      </div>
    </section>
  );
}

function lineOf({ code, counts, shares }: FailureRow, measure: Measure, totals: MetricGrid) {
  return {
    label: code === undefined ? 'all' : nameOfKey(code).code,
    colour: codeColour(code),
    values: settled(totals, measure === 'share' ? shares : counts),
    isStrong: code === undefined,
  };
}

function chartLabel([all, ...codes]: readonly FailureRow[]): string {
  if (typeof all?.percent !== 'number') return 'Failed attempts over time: none has ended';
  const worst = codes[0]?.code;
  const most = worst === undefined ? '' : `, most of them with ${nameOfKey(worst).code} ${nameOfKey(worst).name}`;
  return `Failed attempts over time: ${percentWords(all.percent)} in all${most}`;
}

function thresholdOf(
  alarm: PublicAlarm,
  measure: Measure,
  pointSeconds: number,
  speedFactor: number,
): readonly Threshold[] {
  if (!alarm.condition) return [];
  if (measure === 'share') {
    const value = alarm.condition.threshold;
    return [{ value, label: `alarm at ${percentWords(value)} of all` }];
  }
  const value = countThreshold(alarm, pointSeconds, speedFactor);
  return value === undefined ? [] : [{ value, label: 'alarm for any one code' }];
}

interface FailureTableProps {
  readonly rows: readonly FailureRow[];
  readonly onFocus: (index: number | undefined) => void;
}

function FailureTable({ rows, onFocus }: FailureTableProps): JSX.Element {
  return (
    <table class="rates">
      <caption class="unseen">Failed attempts by code</caption>
      <thead>
        <tr>
          <th scope="col">Code</th>
          <th scope="col" class="number">
            Failed
          </th>
          <th scope="col" class="number">
            Share
          </th>
        </tr>
      </thead>
      <tbody onMouseLeave={() => onFocus(undefined)}>
        {rows.map(({ code, failed, percent }, index) => (
          <tr key={code ?? 'all'} onMouseEnter={() => onFocus(index)}>
            <th scope="row" title={code === undefined ? undefined : errorOfKey(code)?.sentence}>
              <span class={`swatch swatch${codeColour(code).slice(1)}`} aria-hidden="true" />
              <CodeName code={code} />
            </th>
            <td class="number">{countWords(failed)}</td>
            <td class="number">{percent === null ? '–' : percentWords(percent)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function CodeName({ code }: { readonly code: string | undefined }): JSX.Element {
  if (code === undefined) return <span>All codes</span>;
  const known = nameOfKey(code);
  const text = (
    <span>
      <span class="code">{known.code}</span> {known.name}
    </span>
  );
  // What is not in the catalogue is counted together, and no list can be asked for it.
  return errorOfKey(code) ? <Link to={tasksAddress({ met: code })}>{text}</Link> : text;
}

function WatchingAlarms({ alarms }: { readonly alarms: readonly PublicAlarm[] }): JSX.Element {
  return (
    <ul class="watching">
      {Object.values(failureAlarmNames).flatMap((name) => {
        const alarm = findAlarm(alarms, name);
        return alarm ? [<WatchingAlarm key={name} alarm={alarm} />] : [];
      })}
    </ul>
  );
}

function WatchingAlarm({ alarm }: { readonly alarm: PublicAlarm }): JSX.Element {
  return (
    <li>
      <StatePill state={alarm.state} />
      <a href={runbookAddress(alarm.runbook)} aria-label={`Runbook for ${alarm.name}`}>
        {alarm.name}
      </a>
      <span class="watching-meaning">{alarm.meaning}</span>
      <span class="faint">{timesWords(alarm)}</span>
    </li>
  );
}
