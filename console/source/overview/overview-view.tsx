// The first view: whether alarms are on, whether clients are served, which codes fail, whether tasks progress. Its
// figures come from the monitoring calls; an account that may not make them sees only its tasks.
import { useState } from 'preact/hooks';
import { AlarmStrip } from '../alarms/alarm-strip.tsx';
import { Link } from '../frame/navigation.tsx';
import { metricPace } from '../frame/pace.ts';
import { useRelay } from '../frame/relay-context.ts';
import { useGate } from '../frame/use-gate.ts';
import { GateSummary } from '../gate/gate-summary.tsx';
import { Segmented } from '../parts/segmented.tsx';
import { StatTile } from '../parts/stat-tile.tsx';
import { Freshness, RefusalNote, ViewFrame } from '../parts/view-frame.tsx';
import { countWords, durationWords, percentWords } from '../parts/words.ts';
import { gateCondition, waitingTasks } from '../relay/gate-condition.ts';
import { LatestTasks } from '../tasks/latest-tasks.tsx';
import { SlotChart, TaskChart, TimeChart } from './chart-panels.tsx';
import { FailurePanel } from './failure-panel.tsx';
import { lastOf, sumOf } from './metric-grid.ts';
import { taskEnds } from './task-ends.ts';
import { timeRanges, usualRange } from './time-range.ts';
import { useMetrics } from './use-metrics.ts';
import type { PublicGate } from '../../../core/http/public-gate.ts';
import type { PublicAlarms } from '../../../core/http/monitoring.ts';
import type { Polled } from '../frame/use-polled.ts';
import type { RelayMetrics } from './use-metrics.ts';
import type { JSX } from 'preact';

/** Eight series, and one for each of about ten codes. */
const METRICS_USUALLY_READ = 18;

export function OverviewView({ alarms }: { readonly alarms: Polled<PublicAlarms> }): JSX.Element {
  const { local } = useRelay();
  const ranges = timeRanges(local);
  const [range, setRange] = useState(() => usualRange(ranges));
  const metrics = useMetrics(range);
  const gate = useGate();
  const tools = (
    <>
      <Freshness of={metrics} pace={metricPace(local, METRICS_USUALLY_READ)} />
      <Segmented
        label="Time shown"
        options={ranges.map(({ name }) => ({ value: name, text: name }))}
        value={range.name}
        onChange={(name) => setRange(ranges.find((one) => one.name === name) ?? range)}
      />
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
      <RefusalNote of={metrics} />
      {metrics.value && (
        <>
          <Tiles metrics={metrics.value} gate={gate.value} />
          <FailurePanel
            metrics={metrics.value}
            alarms={alarms.value?.alarms ?? []}
            pointSeconds={range.periodSeconds}
          />
          <div class="panels">
            <TaskChart metrics={metrics.value} />
            <SlotChart levels={metrics.value.levels} />
            <TimeChart metrics={metrics.value} />
          </div>
        </>
      )}
      <LatestTasks />
    </ViewFrame>
  );
}

/** A pause for a 429 is brief and not worth a strip; the others last. */
function isHeld(gate: PublicGate): boolean {
  return ['stopped', 'refused', 'partly'].includes(gateCondition(gate));
}

interface TilesProps {
  readonly metrics: RelayMetrics;
  readonly gate: PublicGate | undefined;
}

function Tiles({ metrics: { totals, byCode, slowest }, gate }: TilesProps): JSX.Element {
  const ends = taskEnds(byCode);
  const completed = sumOf(ends.completed);
  const failed = sumOf(ends.failed);
  const attempts = sumOf(totals.column('AttemptsEnded'));
  const failedAttempts = sumOf(totals.column('AttemptsFailed'));
  const time = lastOf(slowest.column('EndToEndTime'));
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
        name="Slots in use"
        value={gate ? countWords(gate.in_flight) : '–'}
        beside={gate && `of ${countWords(gate.limit)}`}
      />
      <StatTile name="Waiting now" value={gate ? countWords(waitingTasks(gate)) : '–'} />
      <StatTile name="Submit to end, 99th percentile" value={time === null ? '–' : durationWords(time)} />
    </dl>
  );
}
