// The time ranges of the charts, each with the period of its points. A local relay's time passes faster, so its ranges
// are shorter.
import { HOUR_MS, SECOND_MS } from '../../../core/domain/time-ms.ts';
import type { LocalRuntime } from '../relay/local-runtime.ts';

export interface TimeRange {
  readonly name: string;
  readonly spanSeconds: number;
  /** A period that CloudWatch supports. */
  readonly periodSeconds: number;
}

const MINUTE = 60;
const HOUR = HOUR_MS / SECOND_MS;

const deployed: readonly TimeRange[] = [
  { name: '1 h', spanSeconds: HOUR, periodSeconds: MINUTE },
  { name: '3 h', spanSeconds: 3 * HOUR, periodSeconds: 5 * MINUTE },
  { name: '12 h', spanSeconds: 12 * HOUR, periodSeconds: 5 * MINUTE },
  { name: '24 h', spanSeconds: 24 * HOUR, periodSeconds: 15 * MINUTE },
];

const onOneMachine: readonly TimeRange[] = [
  { name: '5 min', spanSeconds: 5 * MINUTE, periodSeconds: 5 },
  { name: '15 min', spanSeconds: 15 * MINUTE, periodSeconds: 20 },
  { name: '1 h', spanSeconds: HOUR, periodSeconds: MINUTE },
  { name: '3 h', spanSeconds: 3 * HOUR, periodSeconds: 5 * MINUTE },
];

export function timeRanges(local: LocalRuntime | undefined): readonly TimeRange[] {
  return local ? onOneMachine : deployed;
}

/** The second: about as long as an alarm looks back. */
export function usualRange(ranges: readonly TimeRange[]): TimeRange {
  return ranges[1] ?? (ranges[0] as TimeRange);
}
