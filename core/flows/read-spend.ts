// What an account spent in a range of days, grouped: brings its roll-ups up to its log first, as far as the time allows,
// and tells up to when they reach. The API and the command line show it.
import { addSpend, noSpend } from '../domain/money/spend.ts';
import { rollUpSpend } from './roll-up-spend.ts';
import type { SpendPart, SpendSums } from '../domain/money/spend.ts';
import type { RollUpPorts } from './roll-up-spend.ts';

/** Whole UTC days, both included, such as 20261128. */
export interface SpendRange {
  readonly fromDay: number;
  readonly toDay: number;
}

interface SpendRead {
  readonly rows: readonly (readonly [key: string, sums: SpendSums])[];
  readonly total: SpendSums;
  readonly reachesAt: number;
}

export async function readSpend(
  ports: RollUpPorts,
  accountId: string,
  { fromDay, toDay, by }: SpendRange & { readonly by: 'day' | 'model' | 'code' },
  stopAt: number,
): Promise<SpendRead> {
  const reachesAt = await rollUpSpend(ports, accountId, stopAt);
  const parts = await ports.spend.listSpend(accountId, fromDay, toDay);
  const groups = Map.groupBy(parts, (part) => (by === 'day' ? dayText(part.day) : part[by]));
  return { rows: [...groups].map(([key, own]) => [key, sumOf(own)] as const), total: sumOf(parts), reachesAt };
}

function sumOf(parts: readonly SpendPart[]): SpendSums {
  return parts.reduce(addSpend, noSpend);
}

/** `2026-11-28`. */
export function dayText(day: number): string {
  return String(day).replace(/^(....)(..)(..)$/, '$1-$2-$3');
}

/** Sums in the wire format. */
export function shownSums({ ends, chargedMicros, inDoubtMicros, givenBackMicros }: SpendSums): object {
  return {
    ends,
    charged_micros: chargedMicros,
    in_doubt_micros: inDoubtMicros,
    given_back_micros: givenBackMicros,
  };
}
