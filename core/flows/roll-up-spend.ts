// Brings the roll-ups of an account's spend up to its log, page by page: reads behind the fence, so that no end is
// missed, and moves the place with the sums, so that none counts twice. A run that loses to another reads on from there.
import { mergeSpend, spendOfEnd } from '../domain/money/spend.ts';
import type { SpendPart } from '../domain/money/spend.ts';
import type { Clock } from '../ports/ports.ts';
import type { SpendStore } from '../ports/spend-store.ts';
import type { EventPlace, EventStore, StoredEvent } from '../ports/webhook-ports.ts';

export interface RollUpPorts {
  readonly spend: SpendStore;
  readonly events: Pick<EventStore, 'readEvents'>;
  readonly clock: Pick<Clock, 'now'>;
}

/** A write of an end takes far less; younger ends are left to the next run, when most of them are closed. */
const SETTLED_MS = 10_000;
const PAGE_EVENTS = 100;
/** Days and models of one transaction, which holds 100 items. */
const ROWS_MAX = 90;

/**
 * @param stopAt when to begin no further page.
 * @returns the time up to which the ends of the account are rolled up.
 */
export async function rollUpSpend(ports: RollUpPorts, accountId: string, stopAt: number): Promise<number> {
  for (;;) {
    const settledAt = ports.clock.now() - SETTLED_MS;
    const before = await ports.spend.loadSpendPlace(accountId);
    const from = before ?? { position: 0, id: '' };
    const events = await ports.events.readEvents(accountId, from, PAGE_EVENTS);
    const settled = events.filter(({ position }) => position <= settledAt);
    const { parts, taken } = firstRows(settled);
    const last = settled[taken - 1];
    if (!last) return settledAt;
    const after: EventPlace = { position: last.position, id: last.event.id };
    await ports.spend.addSpend({ accountId, before, after, parts });
    if (taken === settled.length && events.length < PAGE_EVENTS) return settledAt;
    if (ports.clock.now() >= stopAt) return last.position;
  }
}

/** As many events, in order, as one transaction has rows for. */
function firstRows(events: readonly StoredEvent[]): { readonly parts: readonly SpendPart[]; readonly taken: number } {
  const rows = new Set<string>();
  const parts: SpendPart[] = [];
  let taken = 0;
  for (const { event } of events) {
    const part = spendOfEnd(event);
    if (part) rows.add(`${part.day}#${part.model}`);
    if (rows.size > ROWS_MAX) break;
    if (part) parts.push(part);
    taken += 1;
  }
  return { parts: mergeSpend(parts), taken };
}
