// Places in DynamoDB: one small item per pool, two attributes for each place: the end of its lease, and the lease's id.
// Every write is conditional on its own place, so that of two callers that want the same place one notices, and the
// others are not disturbed.
import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { keyOf } from '../../contract/items.ts';
import { RelayError } from '../../domain/relay-error.ts';
import { tryPolicies } from '../../ports/optimistic-commit.ts';
import { classifyFault } from '../sdk-faults.ts';
import { keyItem } from './task-item.ts';
import { UpdateExpression } from './update-expression.ts';
import { DAY_MS, SECOND_MS } from '../../domain/time-ms.ts';
import type { Tried } from '../../ports/optimistic-commit.ts';
import type { HeldPlace, Places, PlaceTaken } from '../../ports/places.ts';
import type { DynamoTable, Item } from './dynamo-table.ts';

/** A pool that was not used for a day is forgotten. */
const TTL_SECONDS = DAY_MS / SECOND_MS;

const placeAttributePattern = /^p\d+$/;

function attributeOf(index: number): string {
  return `p${index}`;
}

function leaseAttributeOf(index: number): string {
  return `l${index}`;
}

/** The ends (epoch milliseconds) of all leases that still run, including those taken under a wider bound. */
function heldUntil(item: Item | undefined, now: number): readonly number[] {
  const ends = Object.entries(item ?? {}).flatMap(([name, value]) =>
    placeAttributePattern.test(name) ? [Number(value.N)] : [],
  );
  return ends.filter((until) => until > now);
}

function untilOf(item: Item | undefined, index: number): number {
  return Number(item?.[attributeOf(index)]?.N ?? 0);
}

export function placesOf(table: DynamoTable): Places {
  return {
    take: (pool, placesMax, leaseMs) => take(table, pool, placesMax, leaseMs),
    isFull: async (pool, placesMax) => heldUntil(await load(table, pool), table.now()).length >= placesMax,
    renew: (place, leaseMs) => renew(table, place, leaseMs),
    giveBack: (place) => giveBack(table, place),
  };
}

async function load(table: DynamoTable, pool: string): Promise<Item | undefined> {
  const get = new GetItemCommand({ TableName: table.name, Key: keyItem(keyOf.places(pool)), ConsistentRead: true });
  return (await table.call((client) => client.send(get))).Item;
}

async function take(table: DynamoTable, pool: string, placesMax: number, leaseMs: number): Promise<PlaceTaken> {
  let item = await load(table, pool);
  const attempt = async (): Promise<Tried<PlaceTaken>> => {
    const now = table.now();
    const held = heldUntil(item, now);
    if (held.length >= placesMax) return { result: { kind: 'full', freeAt: Math.min(...held) } };
    const seen = item;
    const free = Array.from({ length: placesMax }, (_, place) => place).filter((place) => untilOf(seen, place) <= now);
    // At random, so that simultaneous callers mostly want different places.
    const index = free[Math.floor(table.random() * free.length)] ?? 0;
    const place: HeldPlace = { pool, index, until: now + leaseMs, leaseId: table.newId() };
    const sent = await tryTake(table, place, now);
    if (sent.isTaken) return { result: { kind: 'taken', place, others: held.length } };
    item = sent.item;
    return 'lost';
  };
  const contended = (): Error =>
    new RelayError('store-contended', 'Too many take the places of a pool at once', { pool });
  return table.optimistically({ policy: tryPolicies.places, attempt, contended });
}

interface Sent {
  readonly isTaken: boolean;
  readonly item?: Item | undefined;
}

async function tryTake(table: DynamoTable, { pool, index, until, leaseId }: HeldPlace, now: number): Promise<Sent> {
  const update = new UpdateExpression();
  const name = attributeOf(index);
  update.set(name, until);
  update.set(leaseAttributeOf(index), leaseId);
  update.set('ttl', Math.ceil(now / 1_000) + TTL_SECONDS);
  update.require(`attribute_not_exists(${update.name(name)}) OR ${update.name(name)} <= ${update.value(now)}`);
  try {
    const command = new UpdateItemCommand(update.toUpdate(table.name, keyOf.places(pool)));
    await table.call((client) => client.send(command));
    return { isTaken: true };
  } catch (error) {
    const fault = classifyFault(error);
    if (fault.kind !== 'condition-failed') throw error;
    // A resend meets its own first write when only the answer was lost. The end of the lease cannot prove it: others
    // may have taken places in the same millisecond.
    return { isTaken: fault.item?.[leaseAttributeOf(index)]?.S === leaseId, item: fault.item };
  }
}

async function renew(table: DynamoTable, place: HeldPlace, leaseMs: number): Promise<HeldPlace | undefined> {
  const until = table.now() + leaseMs;
  const update = new UpdateExpression();
  update.set(attributeOf(place.index), until);
  return (await updateOwn(table, place, update)) ? { ...place, until } : undefined;
}

async function giveBack(table: DynamoTable, place: HeldPlace): Promise<void> {
  const update = new UpdateExpression();
  update.remove(attributeOf(place.index));
  update.remove(leaseAttributeOf(place.index));
  await updateOwn(table, place, update);
}

/** @returns false when the lease had ended and another caller holds the place, or it was given back. */
async function updateOwn(table: DynamoTable, place: HeldPlace, update: UpdateExpression): Promise<boolean> {
  const { pool, index, leaseId } = place;
  update.require(`${update.name(leaseAttributeOf(index))} = ${update.value(leaseId)}`);
  try {
    const command = new UpdateItemCommand(update.toUpdate(table.name, keyOf.places(pool)));
    await table.call((client) => client.send(command));
    return true;
  } catch (error) {
    if (classifyFault(error).kind !== 'condition-failed') throw error;
    return false;
  }
}
