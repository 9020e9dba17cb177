// Failed attempts at Get3W, by code over time, against the alarms that watch them: a chart, and beside it the same
// figures as a table. Pointing at a row highlights its line, its button hides it.
import { useMemo, useState } from 'preact/hooks';
import { changeQuery, Link, runbookPath, useAddress } from '../frame/navigation.tsx';
import { useRelay } from '../frame/relay-context.ts';
import { floorWords, timesWords } from '../alarms/alarm-words.ts';
import { errorOfKey, nameOfKey } from '../parts/error-keys.ts';
import { LineChart } from '../parts/line-chart.tsx';
import { Segmented } from '../parts/segmented.tsx';
import { StatePill } from '../parts/status-pill.tsx';
import { EmptyNote } from '../parts/view-frame.tsx';
import { countWords, percentWords } from '../parts/words.ts';
import { tasksAddress } from '../tasks/task-filter.ts';
import { useHiddenLines } from './hidden-lines.ts';
import { codeColour, countThreshold, failureAlarmNames, failureRows, findAlarm } from './failure-rows.ts';
import type { PublicAlarm } from '../../../core/http/monitoring.ts';
import type { FailureRow } from './failure-rows.ts';
import type { RelayMetrics } from './use-metrics.ts';
import type { LineChartProps } from '../parts/chart-line.ts';
import type { OnZoom } from './chart-panels.tsx';
import type { HiddenLines } from './hidden-lines.ts';
import type { JSX } from 'preact';

interface FailurePanelProps {
  readonly metrics: RelayMetrics;
  readonly alarms: readonly PublicAlarm[];
  /** What one point of the chart measures. */
  readonly pointSeconds: number;
  readonly onZoom: OnZoom;
}

type Measure = 'share' | 'count';

const measures: readonly { readonly value: Measure; readonly text: string }[] = [
  { value: 'share', text: 'Share' },
  { value: 'count', text: 'Count' },
];

const ALL = 'all';

export function FailurePanel({ metrics, alarms, pointSeconds, onZoom }: FailurePanelProps): JSX.Element {
  const { totals, byCode } = metrics;
  const { local } = useRelay();
  const measure: Measure = useAddress().searchParams.get('measure') === 'count' ? 'count' : 'share';
  const setMeasure = (chosen: Measure): void =>
    changeQuery({ measure: chosen === 'count' ? chosen : undefined }, { isReplacing: true });
  const hidden = useHiddenLines();
  const [focus, setFocus] = useState<number>();
  const rows = useMemo(() => failureRows(totals, byCode), [totals, byCode]);
  const lines = useMemo(() => rows.map((row) => lineOf(row, measure, hidden)), [rows, measure, hidden.version]);
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
          wholeCount={totals.wholeCount}
          lines={lines}
          unit={measure === 'share' ? 'percent' : 'count'}
          thresholds={watching ? thresholdOf(watching, measure, pointSeconds, local?.speedFactor ?? 1) : []}
          heightPixels={250}
          focus={focus}
          onZoom={onZoom}
        />
        <div>
          {isQuiet ? (
            <EmptyNote>No attempt has ended in this time.</EmptyNote>
          ) : (
            <FailureTable rows={rows} hidden={hidden} onFocus={setFocus} />
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

function lineOf({ code, counts, shares }: FailureRow, measure: Measure, hidden: HiddenLines) {
  return {
    label: code === undefined ? ALL : nameOfKey(code).code,
    colour: codeColour(code),
    values: measure === 'share' ? shares : counts,
    isStrong: code === undefined,
    isHidden: hidden.has(code ?? ALL),
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
): NonNullable<LineChartProps['thresholds']> {
  if (!alarm.condition) return [];
  if (measure === 'share') {
    const value = alarm.condition.threshold;
    const { floor } = alarm.condition;
    const whole = floor ? `${floor.count} or more` : 'all';
    return [{ value, label: `alarm at ${percentWords(value)} of ${whole}` }];
  }
  const value = countThreshold(alarm, pointSeconds, speedFactor);
  return value === undefined ? [] : [{ value, label: 'alarm for any one code' }];
}

interface FailureTableProps {
  readonly rows: readonly FailureRow[];
  readonly hidden: HiddenLines;
  readonly onFocus: (index: number | undefined) => void;
}

function FailureTable({ rows, hidden, onFocus }: FailureTableProps): JSX.Element {
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
              <LineToggle code={code} hidden={hidden} />
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

function LineToggle({
  code,
  hidden,
}: {
  readonly code: string | undefined;
  readonly hidden: HiddenLines;
}): JSX.Element {
  const name = code === undefined ? 'all codes' : `${nameOfKey(code).code} ${nameOfKey(code).name}`.trim();
  const isHidden = hidden.has(code ?? ALL);
  return (
    <button
      type="button"
      class={`key-line ${isHidden ? 'key-hidden' : ''}`}
      aria-pressed={!isHidden}
      aria-label={`Line of ${name}`}
      title={`${isHidden ? 'Show' : 'Hide'} the line of ${name}`}
      onClick={() => hidden.toggle(code ?? ALL)}
    >
      <span class={`swatch swatch${codeColour(code).slice(1)}`} aria-hidden="true" />
    </button>
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
      <Link to={runbookPath(alarm.runbook)} label={`Runbook for ${alarm.name}`}>
        {alarm.name}
      </Link>
      <span class="watching-meaning">{alarm.meaning}</span>
      <span class="faint">{[timesWords(alarm), floorWords(alarm)].filter((text) => text !== '').join(', ')}</span>
    </li>
  );
}
