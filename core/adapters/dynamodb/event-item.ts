// How an event and its handing on are stored in the table. Like a task, an event is one JSON text: it is written once,
// read whole, and holds whatever Get3W sent. Other attributes hold only what indexes and TTL need.
import { dueEventId, dueShardOf, keyOf } from '../../contract/items.ts';
import { packText, unpackText } from './compact-row.ts';
import { storedEvent } from './stored-names.ts';
import { limits } from '../../domain/limits.ts';
import { eventKeyOf } from '../../domain/webhook/outbox-event.ts';
import { keyItem } from './task-item.ts';
import type { DeliveryKey, StoredEvent } from '../../ports/webhook-ports.ts';
import type { LoggedEvent, OutboxEvent } from '../../domain/webhook/outbox-event.ts';
import type { Item } from './dynamo-table.ts';

/** The `ttl` attribute, in seconds: `keptMs` after `fromMs`. */
export function ttlAttribute(fromMs: number, keptMs: number): { ttl: { N: string } } {
  return {
    ttl: { N: String(Math.ceil((fromMs + keptMs) / 1_000)) },
  };
}

/**
 * Attributes of the due index; `dueBy` shows whether a doorbell should have come first, so that a sweep is a repair.
 */
export function dueAttributes(shardId: string, at: number, by: 'doorbell' | 'sweep'): Item {
  return {
    dueShard: { S: dueShardOf(shardId) },
    dueAt: { N: String(Math.round(at)) },
    dueBy: { S: by },
  };
}

/** Not every write that crosses a threshold sends a doorbell: where none comes, the sweep repairs nothing. */
function dueBy({ event }: LoggedEvent): 'doorbell' | 'sweep' {
  return event.type === 'budget.threshold' ? 'sweep' : 'doorbell';
}

interface NewEvent {
  readonly eventsMs: number;
  readonly isUnguarded?: boolean;
  /** Its task's open end brings it forward; else it has a due of its own. */
  readonly isDueWithTask?: boolean;
}

/** A new event: due until it is in every lane that wants it. */
export function eventItem(
  logged: LoggedEvent,
  { eventsMs, isUnguarded = false, isDueWithTask = false }: NewEvent,
): Item {
  const key = eventKeyOf(logged);
  return {
    ...keyItem(keyOf.event(key)),
    event: { S: packText(logged.event, storedEvent) },
    position: { N: String(logged.position) },
    ...(isUnguarded && { unguarded: { BOOL: true } }),
    ...(isDueWithTask
      ? { wt: { BOOL: true } }
      : dueAttributes(dueEventId(key), logged.position + limits.eventGraceMs, dueBy(logged))),
    ...ttlAttribute(logged.event.at, eventsMs),
  };
}

export function readEvent(item: Item | undefined): StoredEvent | undefined {
  return item?.['event']?.S === undefined
    ? undefined
    : {
        event: unpackText<OutboxEvent>(item['event'].S, storedEvent),
        position: Number(item['position']?.N),
        isClosed: item['dueAt'] === undefined && item['wt'] === undefined,
        ...(item['wt'] !== undefined && { isDueWithTask: true }),
        ...(item['unguarded']?.BOOL && { isUnguarded: true }),
      };
}

export function taskEventItem(
  taskId: string,
  { event }: LoggedEvent,
  deliveries: readonly DeliveryKey[],
  deliveriesMs: number,
): Item {
  return {
    ...keyItem(keyOf.taskEvent(taskId, event.id)),
    // Of each only its key, however much more the caller holds.
    deliveries: { S: JSON.stringify(deliveries.map(({ laneId, id }) => ({ laneId, id }))) },
    ...ttlAttribute(event.at, deliveriesMs),
  };
}

export function readTaskEvent(item: Item): readonly DeliveryKey[] {
  return JSON.parse(item['deliveries']?.S ?? '[]') as readonly DeliveryKey[];
}
