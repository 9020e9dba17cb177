// An alarm in words: its condition and its state.
import { roughDuration } from '../parts/words.ts';
import type { PublicAlarm } from '../../../core/http/monitoring.ts';

const comparisons = { '>': 'above', '>=': 'at least', '<': 'below', '<=': 'at most' } as const;

const FOLLOWS_OTHERS = 'follows other alarms';

/** `in 2 of 3 periods of 5 min`: how many periods must breach before it fires. */
export function timesWords({ condition }: PublicAlarm): string {
  if (!condition) return FOLLOWS_OTHERS;
  const { breaching, periods, period } = condition;
  const times = periods === 1 ? 'within' : `in ${breaching === periods ? 'all' : breaching} of ${periods} periods of`;
  return `${times} ${period === null ? 'a period' : roughDuration(period * 1_000)}`;
}

/** `where AttemptsEnded is 20 or more`: below that it judges nothing. Empty where every period counts. */
export function floorWords({ condition }: PublicAlarm): string {
  if (!condition?.floor) return '';
  return `where ${condition.floor.metric} is ${condition.floor.count.toLocaleString('en')} or more`;
}

/** `at least 20 in 2 of 3 periods of 5 min, where AttemptsEnded is 20 or more`. */
export function conditionWords(alarm: PublicAlarm): string {
  if (!alarm.condition) return FOLLOWS_OTHERS;
  const { comparison, threshold } = alarm.condition;
  const words = `${comparisons[comparison]} ${threshold.toLocaleString('en')} ${timesWords(alarm)}`;
  const floor = floorWords(alarm);
  return floor === '' ? words : `${words}, ${floor}`;
}

const order: readonly PublicAlarm['state'][] = ['ALARM', 'INSUFFICIENT_DATA', 'OK'];

/** Those that fire first, pages before tickets, then by name. */
export function byUrgency(one: PublicAlarm, other: PublicAlarm): number {
  return (
    order.indexOf(one.state) - order.indexOf(other.state) ||
    Number(other.severity === 'page') - Number(one.severity === 'page') ||
    one.name.localeCompare(other.name)
  );
}
