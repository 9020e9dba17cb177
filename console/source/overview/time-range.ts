// The times that the overview can show, each with the period of its points: the finest that CloudWatch still has of so
// long ago and that gives a chart no more points than it can show. The address holds the time.
import { keptSeconds, WHOLE_TIME_MAX_MS } from '../../../core/contract/metric-periods.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../core/domain/time-ms.ts';
import { clockTime, dayAndMinute, dayWords } from '../parts/words.ts';

export interface TimeRange {
  /** Of a preset; `custom` for the user's own. */
  readonly name: string;
  readonly spanSeconds: number;
  readonly periodSeconds: number;
  /** Milliseconds since the epoch; undefined for a time that ends now and moves on. */
  readonly fixed?: { readonly from: number; readonly to: number };
}

/** The machine that a local relay runs on; undefined in AWS. */
type Local = object | undefined;

export const CUSTOM = 'custom';

/** A local relay's time passes faster, so it has shorter ones too. */
const presets: readonly { readonly name: string; readonly spanMs: number; readonly isLocal?: true }[] = [
  { name: '5 min', spanMs: 5 * MINUTE_MS, isLocal: true },
  { name: '15 min', spanMs: 15 * MINUTE_MS, isLocal: true },
  { name: '1 h', spanMs: HOUR_MS },
  { name: '3 h', spanMs: 3 * HOUR_MS },
  { name: '12 h', spanMs: 12 * HOUR_MS },
  { name: '24 h', spanMs: DAY_MS },
  { name: '3 days', spanMs: 3 * DAY_MS },
  { name: '7 days', spanMs: 7 * DAY_MS },
  { name: '30 days', spanMs: 30 * DAY_MS },
];

/** Seconds. Metrics of a deployment have no shorter period than a minute. */
const periods = [60, 300, 900, 3_600, 10_800, 21_600, 86_400];
const shortPeriods = [5, 20];
/** More would be closer together than a line is wide. */
const POINTS_MAX = 170;
/** Fewer are no line. */
const POINTS_MIN = 5;
/** CloudWatch keeps figures for fifteen months. */
const KEPT_MS = 455 * DAY_MS;

function periodFor(from: number, to: number, now: number, local: Local): number {
  const kept = keptSeconds(from, now) ?? 0;
  const all = local ? [...shortPeriods, ...periods] : periods;
  const isFit = (seconds: number): boolean =>
    seconds >= kept && to - from <= POINTS_MAX * seconds * SECOND_MS && (kept === 0 || seconds % kept === 0);
  return all.find(isFit) ?? DAY_MS / SECOND_MS;
}

export function timeRanges(local: Local): readonly TimeRange[] {
  return presets
    .filter(({ isLocal }) => local !== undefined || isLocal === undefined)
    .map(({ name, spanMs }) => ({
      name,
      spanSeconds: spanMs / SECOND_MS,
      // A little later its beginning is a little older than its span.
      periodSeconds: periodFor(0, spanMs, spanMs, local),
    }));
}

/** About as long as an alarm looks back. */
export function usualRange(ranges: readonly TimeRange[]): TimeRange {
  return ranges[1] as TimeRange;
}

/** The user's own time, widened where it is too short for a line. @throws RangeError that says what cannot be shown. */
export function customRange(
  asked: { readonly from: number; readonly to: number },
  now: number,
  local: Local,
): TimeRange {
  const to = Math.min(asked.to, now);
  if (!(asked.from < to)) throw new RangeError('The time must begin before it ends, and in the past.');
  if (to - asked.from > WHOLE_TIME_MAX_MS) throw new RangeError('A time of up to 30 days can be shown at once.');
  if (now - asked.from > KEPT_MS) throw new RangeError('Figures are kept for 455 days.');
  const periodSeconds = periodFor(asked.from, to, now, local);
  const stepMs = periodSeconds * SECOND_MS;
  const lackMs = Math.max(0, POINTS_MIN * stepMs - (to - asked.from));
  const end = Math.min(now, Math.ceil((to + lackMs / 2) / stepMs) * stepMs);
  const begin = Math.floor((asked.from - lackMs / 2) / stepMs) * stepMs;
  const fixed = { from: Math.max(begin, end - WHOLE_TIME_MAX_MS), to: end };
  return { name: CUSTOM, spanSeconds: (fixed.to - fixed.from) / SECOND_MS, periodSeconds, fixed };
}

interface ShownTime {
  readonly range: TimeRange;
  /** What is wrong with the address, which then shows the usual time. */
  readonly problem?: string;
}

/** @param query of the address: `range`, or `from` and `to` in ISO 8601. */
export function rangeOfAddress(query: URLSearchParams, now: number, local: Local): ShownTime {
  const ranges = timeRanges(local);
  const usual = usualRange(ranges);
  const [name, from, to] = [query.get('range'), query.get('from'), query.get('to')];
  if (from !== null || to !== null) {
    const window = { from: Date.parse(from ?? ''), to: to === null ? now : Date.parse(to) };
    if (Number.isNaN(window.from) || Number.isNaN(window.to)) {
      return { range: usual, problem: 'The address names no moment that can be read.' };
    }
    try {
      return { range: customRange(window, now, local) };
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return { range: usual, problem: error.message };
    }
  }
  const range = name === null ? usual : ranges.find((one) => one.name === name);
  return range ? { range } : { range: usual, problem: `There is no time “${name}” to show.` };
}

/** What the address says of a range; nothing of the usual one. */
export function addressOfRange({ name, fixed }: TimeRange, local: Local): Readonly<Record<string, string | undefined>> {
  const moment = (at: number | undefined): string | undefined =>
    at === undefined ? undefined : new Date(at).toISOString();
  const isUsual = fixed !== undefined || name === usualRange(timeRanges(local)).name;
  return { range: isUsual ? undefined : name, from: moment(fixed?.from), to: moment(fixed?.to) };
}

/** Whether all of it is over for so long that its figures no longer change. */
export function isPast({ fixed }: TimeRange, now: number): boolean {
  return fixed !== undefined && now - fixed.to > 15 * MINUTE_MS;
}

/** `last 3 h`, or from when to when. */
export function rangeWords({ name, fixed }: TimeRange): string {
  if (!fixed) return `last ${name}`;
  const isOneDay = dayWords(fixed.from) === dayWords(fixed.to);
  return `${dayAndMinute(fixed.from)} – ${isOneDay ? clockTime(fixed.to).slice(0, 5) : dayAndMinute(fixed.to)}`;
}
