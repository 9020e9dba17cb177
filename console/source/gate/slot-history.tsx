// The recent history of slots and queue: the same chart as on the overview, over the default time range.
import { useRelay } from '../frame/relay-context.ts';
import { SlotChart } from '../overview/chart-panels.tsx';
import { timeRanges, usualRange } from '../overview/time-range.ts';
import { useLevels } from '../overview/use-metrics.ts';
import type { JSX } from 'preact';

export function SlotHistory(): JSX.Element | null {
  const { local } = useRelay();
  const range = usualRange(timeRanges(local));
  const levels = useLevels(range);
  return levels.value ? <SlotChart levels={levels.value} title={`Slots and queue, last ${range.name}`} /> : null;
}
