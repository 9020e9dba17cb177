// What an account spent in a range of days, grouped: brings its roll-ups up to its log first, as far as the time allows,
// and tells up to when they reach. The API and the command line show it.
import { budgetDayOf } from '../domain/money/account-money.ts';
import { addSpend, noSpend } from '../domain/money/spend.ts';
import { DAY_MS } from '../domain/time-ms.ts';
import { rollUpSpend } from './roll-up-spend.ts';
import type { SpendPart, SpendSums } from '../domain/money/spend.ts';
import type { SpendDays } from '../ports/spend-store.ts';
import type { RollUpPorts } from './roll-up-spend.ts';

interface SpendRead {
  readonly rows: readonly SpendRow[];
  readonly total: SpendSums;
  readonly reachesAt: number;
}

export async function readSpend(
  ports: RollUpPorts,
  accountId: string,
  { fromDay, toDay, by }: SpendDays & { readonly by: 'day' | 'model' | 'code' },
  stopAt: number,
): Promise<SpendRead> {
  const reachesAt = await rollUpSpend(ports, accountId, stopAt);
  const parts = await ports.spend.listSpend(accountId, fromDay, toDay);
  return { rows: grouped(parts, by), total: sumOf(parts), reachesAt };
}

type SpendRow = readonly [key: string, sums: SpendSums];

interface UseRead {
  readonly fromDay: number;
  readonly toDay: number;
  readonly reachesAt: number;
  readonly isWhole: boolean;
  readonly days: readonly SpendRow[];
  /** The most ends first. */
  readonly models: readonly SpendRow[];
  /** The same. */
  readonly codes: readonly SpendRow[];
}

/** This UTC day and the six before it. */
const USE_DAYS = 7;

/** Rows of a day and model: what one read of DynamoDB returns, 1 MB. */
const USE_ROWS_MAX = 2_000;

/** What an account used lately, by day, model and code at once, in one read after its roll-ups. */
export async function readUse(ports: RollUpPorts, accountId: string, stopAt: number): Promise<UseRead> {
  const reachesAt = await rollUpSpend(ports, accountId, stopAt);
  const now = ports.clock.now();
  const range = { fromDay: budgetDayOf(now - (USE_DAYS - 1) * DAY_MS), toDay: budgetDayOf(now) };
  const { parts, isWhole } = await ports.spend.newestSpend(accountId, range, USE_ROWS_MAX);
  const [days, models, codes] = [grouped(parts, 'day'), grouped(parts, 'model'), grouped(parts, 'code')];
  const sorted = { days: days.toSorted(byKey), models: models.toSorted(byEnds), codes: codes.toSorted(byEnds) };
  return { ...range, reachesAt, isWhole, ...sorted };
}

function byKey([one]: SpendRow, [other]: SpendRow): number {
  return one < other ? -1 : 1;
}

function byEnds([, one]: SpendRow, [, other]: SpendRow): number {
  return other.ends - one.ends;
}

function grouped(parts: readonly SpendPart[], by: 'day' | 'model' | 'code'): readonly SpendRow[] {
  const groups = Map.groupBy(parts, (part) => (by === 'day' ? dayText(part.day) : part[by]));
  return [...groups].map(([key, own]) => [key, sumOf(own)] as const);
}

function sumOf(parts: readonly SpendPart[]): SpendSums {
  return parts.reduce(addSpend, noSpend);
}

/** `2026-11-28`. */
export function dayText(day: number): string {
  return String(day).replace(/^(....)(..)(..)$/, '$1-$2-$3');
}

interface ShownSums {
  readonly ends: number;
  readonly charged_micros: number;
  readonly in_doubt_micros: number;
  readonly given_back_micros: number;
}

/** Sums in the wire format. */
export function shownSums({ ends, chargedMicros, inDoubtMicros, givenBackMicros }: SpendSums): ShownSums {
  return {
    ends,
    charged_micros: chargedMicros,
    in_doubt_micros: inDoubtMicros,
    given_back_micros: givenBackMicros,
  };
}
