// What an alarm says, in words: when it fires, and how it stands.
import { roughDuration } from '../parts/words.ts';
import type { PublicAlarm } from '../../../functions/core/contract/monitoring.ts';

const comparisons = { '>': 'above', '>=': 'at least', '<': 'below', '<=': 'at most' } as const;

/** `at least 20 in 2 of 3 periods of 5 min`. */
export const conditionWords = ({ condition }: PublicAlarm): string => {
  if (!condition) return 'follows other alarms';
  const { comparison, threshold, breaching, periods, period } = condition;
  const times = periods === 1 ? 'within' : `in ${breaching === periods ? 'all' : breaching} of ${periods} periods of`;
  const span = period === null ? 'a period' : roughDuration(period * 1_000);
  return `${comparisons[comparison]} ${threshold.toLocaleString('en')} ${times} ${span}`;
};

const order: readonly PublicAlarm['state'][] = ['ALARM', 'INSUFFICIENT_DATA', 'OK'];

/** Those that fire first, pages before tickets, then by name. */
export const byUrgency = (one: PublicAlarm, other: PublicAlarm): number =>
  order.indexOf(one.state) - order.indexOf(other.state) ||
  Number(other.severity === 'page') - Number(one.severity === 'page') ||
  one.name.localeCompare(other.name);
