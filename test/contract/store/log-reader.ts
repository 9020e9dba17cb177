// A client that reads its account's log of events on from where it was, a few at a time: what it has read at the end is what
// a client of `GET /v1/events` gets.
import type { EventPlace, WebhookStore } from '../../../core/ports/webhook-ports.ts';

const PAGE_EVENTS = 3;

export function logReader(store: Pick<WebhookStore, 'readEvents'>, accountId: string) {
  const read: string[] = [];
  let reached: EventPlace = { position: 0, id: '' };
  return {
    /** Ids, in the order in which they were read. */
    read,
    /** @returns how many it has read so far. */
    readOn: async (): Promise<number> => {
      const page = await store.readEvents(accountId, reached, PAGE_EVENTS);
      read.push(...page.map(({ event }) => event.id));
      const last = page.at(-1);
      if (last) reached = { position: last.position, id: last.event.id };
      return read.length;
    },
  };
}
