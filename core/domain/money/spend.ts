// What accounts spend, by day, model and code: rolled up from the ends in an account's log, and corrected by what
// becomes known after an end. Pure; core/flows/roll-up-spend.ts moves the roll-ups, dynamo-spend.ts stores them.
import { budgetDayOf } from './account-money.ts';
import { shownMoney } from './shown-money.ts';
import { isFinal } from '../task/task.ts';
import type { ShownMoney } from './shown-money.ts';
import type { TaskChange } from '../task/derived-counts.ts';
import type { Task } from '../task/task.ts';
import type { OutboxEvent } from '../webhook/outbox-event.ts';

export interface SpendSums {
  /** Ends of tasks; a task that is put back ends again. */
  readonly ends: number;
  readonly chargedMicros: number;
  readonly inDoubtMicros: number;
  readonly givenBackMicros: number;
}

/** What one day, model and code gain; amounts may be below zero. */
export interface SpendPart extends SpendSums {
  /** UTC, such as 20261128: of the end, or of what became known later. */
  readonly day: number;
  readonly model: string;
  /** Task code of the end, or `cancelled`. */
  readonly code: string;
}

export const noSpend: SpendSums = { ends: 0, chargedMicros: 0, inDoubtMicros: 0, givenBackMicros: 0 };

export function addSpend(one: SpendSums, other: SpendSums): SpendSums {
  return {
    ends: one.ends + other.ends,
    chargedMicros: one.chargedMicros + other.chargedMicros,
    inDoubtMicros: one.inDoubtMicros + other.inDoubtMicros,
    givenBackMicros: one.givenBackMicros + other.givenBackMicros,
  };
}

function amounts(money: ShownMoney | undefined): Omit<SpendSums, 'ends'> {
  const { state, price_micros: price = 0 } = money ?? {};
  return {
    chargedMicros: state === 'charged' ? price : 0,
    inDoubtMicros: state === 'in_doubt' ? price : 0,
    givenBackMicros: state === 'given_back' ? price : 0,
  };
}

const endTypes: ReadonlySet<string> = new Set(['task.completed', 'task.failed', 'task.cancelled']);

function codeText(code: unknown): string {
  return typeof code === 'number' ? String(code) : 'cancelled';
}

/** What the end of a task adds; undefined for every other event. */
export function spendOfEnd({ type, at, data }: OutboxEvent): SpendPart | undefined {
  if (!endTypes.has(type)) return undefined;
  const money = data['money'] as ShownMoney | undefined;
  return {
    day: budgetDayOf(at),
    model: String(data['model']),
    code: codeText(data['code']),
    ends: 1,
    ...amounts(money),
  };
}

/** What a change of an ended task adds that no event of an end shows: a late success, a doubt that is over, a task put back. */
export function spendCorrection({ before, after }: TaskChange): SpendPart | undefined {
  if (!before?.money || !isFinal(before.status)) return undefined;
  const [was, is] = [amountsOf(before), amountsOf(after)];
  const part: SpendPart = {
    day: budgetDayOf(after.updatedAt),
    model: after.model,
    code: codeText(before.result?.code),
    ends: 0,
    chargedMicros: is.chargedMicros - was.chargedMicros,
    inDoubtMicros: is.inDoubtMicros - was.inDoubtMicros,
    givenBackMicros: is.givenBackMicros - was.givenBackMicros,
  };
  return part.chargedMicros === 0 && part.inDoubtMicros === 0 && part.givenBackMicros === 0 ? undefined : part;
}

/** A task that was put back counts nothing until it ends again. */
function amountsOf({ status, money }: Task): Omit<SpendSums, 'ends'> {
  return amounts(isFinal(status) && money ? shownMoney(money) : undefined);
}

/** Parts of the same day, model and code together. */
export function mergeSpend(parts: readonly SpendPart[]): readonly SpendPart[] {
  const merged = new Map<string, SpendPart>();
  for (const part of parts) {
    const key = `${part.day}#${part.model}#${part.code}`;
    const known = merged.get(key);
    merged.set(key, known ? { ...part, ...addSpend(known, part) } : part);
  }
  return [...merged.values()];
}
