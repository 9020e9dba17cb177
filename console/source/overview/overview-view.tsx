// The first view: whether alarms are on, whether clients are served, which codes fail, whether tasks progress. Its
// figures come from the monitoring calls; an account that may not make them sees only its tasks.
import { useMemo, useRef } from 'preact/hooks';
import { AlarmBand } from '../alarms/alarm-band.tsx';
import { AlarmStrip } from '../alarms/alarm-strip.tsx';
import { changeQuery, Link, useAddress } from '../frame/navigation.tsx';
import { metricPace } from '../frame/pace.ts';
import { useRelay } from '../frame/relay-context.ts';
import { useGate } from '../frame/use-gate.ts';
import { GateSummary } from '../gate/gate-summary.tsx';
import { StatTile } from '../parts/stat-tile.tsx';
import { Freshness, RefusalNote, ViewFrame } from '../parts/view-frame.tsx';
import { countWords, durationWords, percentWords } from '../parts/words.ts';
import { gateCondition, waitingTasks } from '../relay/gate-condition.ts';
import { LatestTasks } from '../tasks/latest-tasks.tsx';
import { SlotChart, TaskChart, TimeChart } from './chart-panels.tsx';
import { FailurePanel } from './failure-panel.tsx';
import { sumOf } from './metric-grid.ts';
import { RangePicker } from './range-picker.tsx';
import { taskEnds } from './task-ends.ts';
import { addressOfRange, customRange, rangeOfAddress, rangeWords } from './time-range.ts';
import { useMetrics } from './use-metrics.ts';
import type { PublicGate } from '../../../core/http/public-gate.ts';
import type { PublicAlarms } from '../../../core/http/monitoring.ts';
import type { TimeSpan } from '../alarms/on-times.ts';
import type { Polled } from '../frame/use-polled.ts';
import type { OnZoom } from './chart-panels.tsx';
import type { TimeRange } from './time-range.ts';
import type { RelayMetrics } from './use-metrics.ts';
import type { JSX } from 'preact';

/** Nine series, and one for each of about ten codes. */
const METRICS_USUALLY_READ = 19;

export function OverviewView({ alarms }: { readonly alarms: Polled<PublicAlarms> }): JSX.Element {
  const { local } = useRelay();
  const { range, problem, show } = useRange();
  const metrics = useMetrics(range);
  const gate = useGate();
  const zoom = (from: number, to: number): void => show(customRange({ from, to }, Date.now(), local));
  // While another time is loading the figures before it stay, marked: a page that empties jumps.
  const before = useRef<Drawn>(undefined);
  if (metrics.value) before.current = { metrics: metrics.value, range };
  const drawn = metrics.refusal ? undefined : before.current;
  const tools = (
    <>
      <Freshness of={metrics} pace={metricPace(local, METRICS_USUALLY_READ, range.periodSeconds)} />
      {metrics.refusal?.status !== 403 && <RangePicker range={range} onRange={show} />}
    </>
  );
  return (
    <ViewFrame title="Overview" tools={tools}>
      <AlarmStrip alarms={alarms} />
      {gate.value && isHeld(gate.value) && (
        <GateSummary gate={gate.value}>
          <Link to="/gate">Show the gate</Link>
        </GateSummary>
      )}
      {problem !== undefined && (
        <p class="note note-bad" role="alert">
          {`${problem} Shown is the ${rangeWords(range)}.`}
        </p>
      )}
      <RefusalNote of={metrics} />
      {drawn && (
        <div class={metrics.value ? undefined : 'stale'} aria-busy={metrics.value === undefined}>
          <Figures {...drawn} gate={gate.value} alarms={alarms.value} onZoom={zoom} />
        </div>
      )}
      <LatestTasks />
    </ViewFrame>
  );
}

interface Drawn {
  readonly metrics: RelayMetrics;
  readonly range: TimeRange;
}

interface FiguresProps extends Drawn {
  readonly gate: PublicGate | undefined;
  readonly alarms: PublicAlarms | undefined;
  readonly onZoom: OnZoom;
}

function Figures({ metrics, range, gate, alarms, onZoom }: FiguresProps): JSX.Element {
  return (
    <>
      <Tiles metrics={metrics} range={range} gate={gate} />
      <FailurePanel
        metrics={metrics}
        alarms={alarms?.alarms ?? []}
        pointSeconds={range.periodSeconds}
        onZoom={onZoom}
      />
      <div class="panels">
        <TaskChart metrics={metrics} onZoom={onZoom} />
        <SlotChart levels={metrics.levels} onZoom={onZoom} />
        <TimeChart metrics={metrics} onZoom={onZoom} />
      </div>
      <AlarmBand alarms={alarms} shown={shownTime(metrics, range)} isFixed={range.fixed !== undefined} />
    </>
  );
}

/** What the charts show: from their first period to the end of the last. */
function shownTime({ totals: { times } }: RelayMetrics, { periodSeconds }: TimeRange): TimeSpan {
  return { from: times[0] ?? 0, to: (times.at(-1) ?? 0) + periodSeconds * 1_000 };
}

interface ShownRange {
  readonly range: TimeRange;
  readonly problem?: string;
  /** A new place in the browser's history: its back button leads to the time before. */
  readonly show: (range: TimeRange) => void;
}

function useRange(): ShownRange {
  const { local } = useRelay();
  const { search } = useAddress();
  const shown = useMemo(() => rangeOfAddress(new URLSearchParams(search), Date.now(), local), [search, local]);
  return { ...shown, show: (range) => changeQuery(addressOfRange(range, local)) };
}

/** A pause for a 429 is brief and not worth a strip; the others last. */
function isHeld(gate: PublicGate): boolean {
  return ['stopped', 'refused', 'partly'].includes(gateCondition(gate));
}

interface TilesProps extends Drawn {
  readonly gate: PublicGate | undefined;
}

function Tiles({ metrics: { totals, byCode, wholeSlowestMs }, range, gate }: TilesProps): JSX.Element {
  const ends = taskEnds(byCode);
  const completed = sumOf(ends.completed);
  const failed = sumOf(ends.failed);
  const attempts = sumOf(totals.column('AttemptsEnded'));
  const failedAttempts = sumOf(totals.column('AttemptsFailed'));
  const share = (part: number, whole: number): string | undefined =>
    whole === 0 ? undefined : percentWords((100 * part) / whole);
  return (
    <dl class="tiles">
      <StatTile name="Tasks accepted" value={countWords(sumOf(totals.column('TasksAccepted')))} />
      <StatTile name="Completed" value={countWords(completed)} beside={share(completed, completed + failed)} />
      <StatTile
        name="Failed"
        value={countWords(failed)}
        beside={failed > 0 ? share(failed, completed + failed) : undefined}
        tone={failed > 0 ? 'bad' : undefined}
      />
      <StatTile
        name="Failed attempts"
        value={share(failedAttempts, attempts) ?? '–'}
        beside={attempts > 0 ? `${countWords(failedAttempts)} of ${countWords(attempts)}` : undefined}
      />
      <StatTile
        name="Slots in use now"
        value={gate ? countWords(gate.in_flight) : '–'}
        beside={gate && `of ${countWords(gate.limit)}`}
      />
      <StatTile name="Waiting now" value={gate ? countWords(waitingTasks(gate)) : '–'} />
      <StatTile
        name="Submit to end, 99th percentile"
        value={wholeSlowestMs === null ? '–' : durationWords(wholeSlowestMs)}
        beside={range.fixed ? undefined : rangeWords(range)}
      />
    </dl>
  );
}
