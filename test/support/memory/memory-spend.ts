// Roll-ups of spend in memory, with the semantics of dynamo-spend.ts: sums and the place in the log move together.
import { mergeSpend, spendCorrection } from '../../../core/domain/money/spend.ts';
import type { SpendPart } from '../../../core/domain/money/spend.ts';
import type { TaskChange } from '../../../core/domain/task/derived-counts.ts';
import type { NewestSpend, SpendDays, SpendMove } from '../../../core/ports/spend-store.ts';
import type { EventPlace } from '../../../core/ports/webhook-ports.ts';

export class MemorySpend {
  readonly #places = new Map<string, EventPlace>();
  readonly #parts = new Map<string, readonly SpendPart[]>();

  place(accountId: string): EventPlace | undefined {
    return this.#places.get(accountId);
  }

  move({ accountId, before, after, parts }: SpendMove): boolean {
    if (this.#places.get(accountId)?.id !== before?.id) return false;
    this.#places.set(accountId, after);
    this.#add(accountId, parts);
    return true;
  }

  correct(change: TaskChange): void {
    const part = spendCorrection(change);
    if (part) this.#add(change.after.accountId, [part]);
  }

  list(accountId: string, fromDay: number, toDay: number): readonly SpendPart[] {
    const own = (this.#parts.get(accountId) ?? []).filter(({ day }) => day >= fromDay && day <= toDay);
    return [...own].sort((a, b) => a.day - b.day || (a.model < b.model ? -1 : 1));
  }

  newest(accountId: string, { fromDay, toDay }: SpendDays, rowsMax: number): NewestSpend {
    const own = this.list(accountId, fromDay, toDay).toReversed();
    const rows = [...new Set(own.map(rowOf))];
    const kept = new Set(rows.slice(0, rowsMax));
    return { parts: own.filter((part) => kept.has(rowOf(part))), isWhole: rows.length <= rowsMax };
  }

  #add(accountId: string, parts: readonly SpendPart[]): void {
    this.#parts.set(accountId, mergeSpend([...(this.#parts.get(accountId) ?? []), ...parts]));
  }
}

function rowOf({ day, model }: SpendPart): string {
  return `${day}#${model}`;
}
