// Lanes in DynamoDB: the holder and its lease, whether deliveries were added meanwhile, and when the lane is due. Every
// write is conditional on the holder or on there being none, so that of two holders one notices.
import { GetItemCommand, TransactWriteItemsCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { RelayError } from '../../domain/relay-error.ts';
import { tryPolicies } from '../../ports/optimistic-commit.ts';
import { keyOf, parseDueEventId } from '../../contract/items.ts';
import { newLane } from '../../domain/webhook/lane.ts';
import { queryPage } from './dynamo-reads.ts';
import { dueAttributes, ttlAttribute } from './event-item.ts';
import { packText, unpackText } from './compact-row.ts';
import { storedLane } from './stored-names.ts';
import { classifyFault } from '../sdk-faults.ts';
import { keyItem } from './task-item.ts';
import { UpdateExpression } from './update-expression.ts';
import type { TransactWriteItem, UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import type { Key } from '../../contract/items.ts';
import type { DueRow } from '../../ports/ports.ts';
import type { LaneClaim, LaneRelease, LaneReleased, LaneStore, WebhookDue } from '../../ports/webhook-ports.ts';
import type { Lane } from '../../domain/webhook/lane.ts';
import type { DynamoTable, Item } from './dynamo-table.ts';

type Claim = Parameters<LaneStore['claimLane']>[0];
type DueBy = 'doorbell' | 'sweep';

function readLane(item: Item | undefined, laneId: string): Lane {
  const text = item?.['lane']?.S;
  return text === undefined ? newLane(laneId, item?.['accountId']?.S ?? '') : unpackText<Lane>(text, storedLane);
}

function numberOf(item: Item | undefined, name: string): number | undefined {
  return item?.[name]?.N === undefined ? undefined : Number(item[name].N);
}

export function lanesOf(table: DynamoTable): LaneStore & WebhookDue {
  return {
    loadLane: async (laneId) => {
      const item = await load(table, laneId);
      return item && readLane(item, laneId);
    },

    loadRestingLane: async (laneId) => {
      const item = await load(table, laneId);
      const isHeld = (numberOf(item, 'leaseUntil') ?? 0) > table.now();
      return !item || isHeld || item['dueAt'] !== undefined ? undefined : readLane(item, laneId);
    },

    claimLane: (claim) =>
      table.optimistically({
        policy: tryPolicies.lane,
        attempt: async () => {
          const claimed = await tryClaim(table, claim);
          return claimed ? { result: claimed } : 'lost';
        },
        contended: () =>
          new RelayError('store-contended', 'The holder of a lane changes too fast', { laneId: claim.laneId }),
      }),

    releaseLane: (release) => releaseLane(table, release),

    wakeLane: async ({ laneId, accountId }, dueAt) => {
      const update = new UpdateExpression();
      update.setIfAbsent('accountId', accountId);
      setDue(update, laneId, { at: dueAt, by: 'doorbell' });
      update.add('wanted', 1);
      await send(table, update.toUpdate(table.name, keyOf.lane(laneId)));
    },

    changeLane: async (laneId, change) => {
      const item = await load(table, laneId);
      const text = item?.['lane']?.S;
      if ((numberOf(item, 'leaseUntil') ?? 0) > table.now()) return false;
      // A lane without a state is like a new one: there is nothing to change.
      if (text === undefined) return true;
      const lane = change(readLane(item, laneId));
      const update = new UpdateExpression();
      requireFree(update, table.now());
      update.require(`${update.name('lane')} = ${update.value(text)}`);
      setLane(update, lane);
      return (await sendConditional(table, update.toUpdate(table.name, keyOf.lane(laneId)))).kind === 'done';
    },

    oldestUndelivered: async () => {
      const { items } = await queryPage(table, {
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: keyOf.undelivered(0, '').pk } },
        Limit: 1,
      });
      return numberOf(items[0], 'since');
    },

    postpone: (row, untilOf) => postpone(table, row, untilOf),
  };
}

async function load(table: DynamoTable, laneId: string): Promise<Item | undefined> {
  const get = new GetItemCommand({ TableName: table.name, Key: keyItem(keyOf.lane(laneId)), ConsistentRead: true });
  return (await table.call((client) => client.send(get))).Item;
}

async function send(table: DynamoTable, update: UpdateItemCommandInput): Promise<Item | undefined> {
  return (await table.call((client) => client.send(new UpdateItemCommand(update)))).Attributes;
}

type Sent =
  { readonly kind: 'done'; readonly item: Item | undefined } | { readonly kind: 'refused'; readonly item: Item };

async function sendConditional(table: DynamoTable, update: UpdateItemCommandInput): Promise<Sent> {
  try {
    return { kind: 'done', item: await send(table, update) };
  } catch (error) {
    const fault = classifyFault(error);
    if (fault.kind !== 'condition-failed') throw error;
    return { kind: 'refused', item: fault.item ?? {} };
  }
}

function setDue(update: UpdateExpression, laneId: string, due: { readonly at: number; readonly by: DueBy }): void {
  const { dueShard, dueAt, dueBy } = dueAttributes(laneId, due.at, due.by);
  update.set('dueShard', dueShard?.S);
  update.set('dueAt', Number(dueAt?.N));
  update.set('dueBy', dueBy?.S);
}

/** The pause is also an attribute of its own, because a claim is conditional on it. */
function setLane(update: UpdateExpression, lane: Lane): void {
  update.set('lane', packText(lane, storedLane));
  if (lane.pausedUntil === undefined) update.remove('pausedUntil');
  else update.set('pausedUntil', lane.pausedUntil);
}

function requireFree(update: UpdateExpression, now: number): void {
  const until = update.name('leaseUntil');
  update.require(`attribute_not_exists(${until}) OR ${until} <= ${update.value(now)}`);
}

/** Undefined when the lane's holder changed in the meantime: try again. */
async function tryClaim(table: DynamoTable, claim: Claim): Promise<LaneClaim | undefined> {
  const { laneId, accountId, holderId, leaseMs } = claim;
  const now = table.now();
  const update = new UpdateExpression();
  update.setIfAbsent('accountId', accountId);
  update.set('holderId', holderId);
  update.set('leaseUntil', now + leaseMs);
  // Should the holder die, the sweep finds the lane when the lease has ended. The due also counts as a doorbell's: a
  // claim is a wake.
  setDue(update, laneId, { at: now + leaseMs, by: 'doorbell' });
  update.add('wanted', 1);
  update.remove(POSTPONED);
  const { ttl } = ttlAttribute(now, table.retention.deliveriesMs);
  update.set('ttl', Number(ttl.N));
  requireFree(update, now);
  const paused = update.name('pausedUntil');
  update.require(`attribute_not_exists(${paused}) OR ${paused} <= ${update.value(now)}`);
  const sent = await sendConditional(table, {
    ...update.toUpdate(table.name, keyOf.lane(laneId)),
    ReturnValues: 'ALL_NEW',
  });
  const { item } = sent;
  const isOurs = item?.['holderId']?.S === holderId;
  if (sent.kind === 'done' || isOurs) {
    return { kind: 'claimed-by-us', lane: readLane(item, laneId), wanted: numberOf(item, 'wanted') ?? 0 };
  }
  if ((numberOf(item, 'leaseUntil') ?? 0) <= now) return awaitPause(table, laneId, item);
  return claim.isQuiet ? { kind: 'held-by-another' } : tellHolder(table, laneId, item);
}

/**
 * The holder reads the lane again before it leaves, because its release is conditional on the count that it last read.
 */
async function tellHolder(table: DynamoTable, laneId: string, item: Item | undefined): Promise<LaneClaim | undefined> {
  const update = new UpdateExpression();
  update.add('wanted', 1);
  update.require(`${update.name('holderId')} = ${update.value(item?.['holderId']?.S)}`);
  const told = await sendConditional(table, update.toUpdate(table.name, keyOf.lane(laneId)));
  return told.kind === 'done' ? { kind: 'held-by-another' } : undefined;
}

/** A paused lane must be due when its pause is over, even if it was empty when the pause began. */
async function awaitPause(table: DynamoTable, laneId: string, item: Item | undefined): Promise<LaneClaim | undefined> {
  const until = numberOf(item, 'pausedUntil');
  if (until === undefined) return undefined;
  const dueAt = numberOf(item, 'dueAt');
  if (dueAt !== undefined && dueAt <= until) return { kind: 'paused', until };
  const update = new UpdateExpression();
  setDue(update, laneId, { at: until, by: 'sweep' });
  update.require(`${update.name('pausedUntil')} = ${update.value(until)}`);
  requireFree(update, table.now());
  const sent = await sendConditional(table, update.toUpdate(table.name, keyOf.lane(laneId)));
  return sent.kind === 'done' ? { kind: 'paused', until } : undefined;
}

async function releaseLane(table: DynamoTable, release: LaneRelease): Promise<LaneReleased> {
  const { before, lane, wanted, holderId, due } = release;
  const update = new UpdateExpression();
  setLane(update, lane);
  for (const name of ['holderId', 'leaseUntil']) update.remove(name);
  if (due) setDue(update, lane.id, due);
  else for (const name of ['dueShard', 'dueAt', 'dueBy']) update.remove(name);
  update.require(`${update.name('holderId')} = ${update.value(holderId)}`);
  update.require(`${update.name('wanted')} = ${update.value(wanted)}`);
  if (before.undeliveredSince === lane.undeliveredSince) {
    return answerRelease(await sendConditional(table, update.toUpdate(table.name, keyOf.lane(lane.id))), holderId);
  }
  // The list of undelivered webhooks must agree with the lane, or an alarm would fire for one delivered long ago.
  const writes = [{ Update: update.toUpdate(table.name, keyOf.lane(lane.id)) }, ...listingWrites(table, before, lane)];
  const transaction = new TransactWriteItemsCommand({ TransactItems: writes, ClientRequestToken: table.newId() });
  try {
    await table.call((client) => client.send(transaction));
    return { kind: 'released' };
  } catch (error) {
    const fault = classifyFault(error);
    if (fault.kind !== 'transaction-refused') throw error;
    return answerRelease({ kind: 'refused', item: fault.reasons[0]?.Item ?? {} }, holderId);
  }
}

function answerRelease(sent: Sent, holderId: string): LaneReleased {
  if (sent.kind === 'done') return { kind: 'released' };
  const { item } = sent;
  // No holder, or another one: the lease ran out, or this is our own release, of which only the answer was lost.
  return item['holderId']?.S === holderId
    ? { kind: 'wanted', wanted: numberOf(item, 'wanted') ?? 0 }
    : { kind: 'lost' };
}

function listingWrites(table: DynamoTable, before: Lane, lane: Lane): TransactWriteItem[] {
  const [listed, since] = [before.undeliveredSince, lane.undeliveredSince];
  const writes: TransactWriteItem[] = [];
  if (listed !== undefined) {
    writes.push({ Delete: { TableName: table.name, Key: keyItem(keyOf.undelivered(listed, lane.id)) } });
  }
  if (since !== undefined) {
    const item = {
      ...keyItem(keyOf.undelivered(since, lane.id)),
      since: { N: String(since) },
      ...ttlAttribute(since, table.retention.deliveriesMs),
    };
    writes.push({ Put: { TableName: table.name, Item: item } });
  }
  return writes;
}

/** How often the sweep has postponed a row since it was last worked on; a claim resets it. */
const POSTPONED = 'timesPostponed';

async function postpone(
  table: DynamoTable,
  row: DueRow,
  untilOf: (times: number) => number,
): Promise<{ by: DueBy } | undefined> {
  const first = await postponeOnce(table, row, untilOf(1), 1);
  if (!first) return undefined;
  // Only a row that was postponed before needs a second write: the first one returns how often it was.
  const times = numberOf(first, POSTPONED) ?? 1;
  if (times > 1) await postponeOnce(table, { ...row, dueAt: Math.round(untilOf(1)) }, untilOf(times), 0);
  return { by: first['dueBy']?.S === 'sweep' ? 'sweep' : 'doorbell' };
}

function dueKeyOf({ kind, id }: DueRow): Key {
  if (kind === 'event') return keyOf.event(parseDueEventId(id));
  if (kind === 'job') return keyOf.job(id);
  return kind === 'keep' ? keyOf.keep(id) : keyOf.lane(id);
}

async function postponeOnce(table: DynamoTable, row: DueRow, until: number, times: number): Promise<Item | undefined> {
  const key = dueKeyOf(row);
  const update = new UpdateExpression();
  update.set('dueAt', Math.round(until));
  update.add(POSTPONED, times);
  update.require(`${update.name('dueAt')} = ${update.value(row.dueAt)}`);
  const sent = await sendConditional(table, { ...update.toUpdate(table.name, key), ReturnValues: 'ALL_NEW' });
  return sent.kind === 'refused' ? undefined : (sent.item ?? {});
}
