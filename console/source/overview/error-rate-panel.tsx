// How many attempts at Get3W fail, by code over time, against the thresholds of the alarms: the drawing and, beside
// it, the same as a table. Pointing at a row brings out its line.
import { useMemo, useState } from 'preact/hooks';
import { runbookAddress } from '../frame/navigation.tsx';
import { errorOfKey, nameOfKey } from '../parts/error-name.tsx';
import { LineChart } from '../parts/line-chart.tsx';
import { StatePill } from '../parts/status-pill.tsx';
import { EmptyNote } from '../parts/view-frame.tsx';
import { countWords, percentWords } from '../parts/words.ts';
import { errorRates, rateColour } from './error-rates.ts';
import type { PublicAlarm } from '../../../functions/core/contract/monitoring.ts';
import type { Threshold } from '../parts/line-chart.tsx';
import type { ErrorRate } from './error-rates.ts';
import type { RelayMetrics } from './use-metrics.ts';
import type { JSX } from 'preact';

export interface ErrorRatePanelProps {
  readonly metrics: RelayMetrics;
  readonly alarms: readonly PublicAlarm[];
}

export const ErrorRatePanel = ({ metrics, alarms }: ErrorRatePanelProps): JSX.Element => {
  const { totals, byCode } = metrics;
  const rates = useMemo(() => errorRates(totals, byCode, alarms), [totals, byCode, alarms]);
  const lines = useMemo(() => rates.map(lineOf), [rates]);
  const [focus, setFocus] = useState<number>();
  const isQuiet = rates.every(({ percent }) => percent === null);
  return (
    <section class="panel" aria-labelledby="rates-title">
      <h2 id="rates-title">Attempts at Get3W that fail, by code</h2>
      <div class="panel-split">
        <LineChart
          label={chartLabel(rates)}
          times={totals.times}
          lines={lines}
          unit="percent"
          thresholds={thresholdsOf(rates)}
          heightPixels={264}
          focus={focus}
        />
        {isQuiet ? (
          <EmptyNote>No attempt has ended in this time.</EmptyNote>
        ) : (
          <RateTable rates={rates} onFocus={setFocus} />
        )}
      </div>
    </section>
  );
};

const lineOf = ({ code, values }: ErrorRate) => ({
  label: code === undefined ? 'all' : nameOfKey(code).code,
  colour: rateColour(code),
  values,
  isStrong: code === undefined,
});

const chartLabel = ([all, ...codes]: readonly ErrorRate[]): string => {
  if (all?.percent == null) return 'Share of failed attempts over time: none has ended';
  const worst = codes[0]?.code;
  const most = worst === undefined ? '' : `, most of them with ${nameOfKey(worst).code} ${nameOfKey(worst).name}`;
  return `Share of failed attempts over time: ${percentWords(all.percent)} in all${most}`;
};

/** Codes that share a threshold share its line. */
const thresholdsOf = (rates: readonly ErrorRate[]): readonly Threshold[] => {
  const labels = new Map<number, string>();
  for (const { code, alarm } of rates) {
    const value = alarm?.condition?.threshold;
    if (value === undefined) continue;
    const whose = code === undefined ? 'all codes' : 'one code';
    if (!labels.get(value)?.includes(whose)) labels.set(value, [labels.get(value), whose].filter(Boolean).join(', '));
  }
  return [...labels].map(([value, whose]) => ({ value, label: `alarm: ${whose}, ${percentWords(value)}` }));
};

interface RateTableProps {
  readonly rates: readonly ErrorRate[];
  readonly onFocus: (index: number | undefined) => void;
}

const RateTable = ({ rates, onFocus }: RateTableProps): JSX.Element => (
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
        <th scope="col">Alarm</th>
      </tr>
    </thead>
    <tbody onMouseLeave={() => onFocus(undefined)}>
      {rates.map((rate, index) => (
        <tr key={rate.code ?? 'all'} onMouseEnter={() => onFocus(index)}>
          <th scope="row" title={rate.code === undefined ? undefined : errorOfKey(rate.code)?.sentence}>
            <span class={`swatch swatch${rateColour(rate.code).slice(1)}`} aria-hidden="true" />
            <RateName code={rate.code} />
          </th>
          <td class="number">{countWords(rate.failed)}</td>
          <td class="number">{rate.percent === null ? '–' : percentWords(rate.percent)}</td>
          <td>{rate.alarm ? <AlarmCell alarm={rate.alarm} /> : <span class="faint">any code’s</span>}</td>
        </tr>
      ))}
    </tbody>
  </table>
);

const RateName = ({ code }: { readonly code: string | undefined }): JSX.Element => {
  if (code === undefined) return <span>All codes</span>;
  const known = nameOfKey(code);
  return (
    <span>
      <span class="code">{known.code}</span> {known.name}
    </span>
  );
};

const AlarmCell = ({ alarm }: { readonly alarm: PublicAlarm }): JSX.Element => (
  <a class="quiet-link" href={runbookAddress(alarm.runbook)} aria-label={`${alarm.name}, ${alarm.state}: runbook`}>
    <StatePill state={alarm.state} />
  </a>
);
