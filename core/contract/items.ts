// The layout of the one table: keys, index attributes, entity names. The store writes by it, the stack makes the table
// and its indexes from it, the command line reads it. The domain defines the contents of items.
import type { MuteSide } from '../domain/failure-mute.ts';
import type { LaneEntry, EntryKind } from '../domain/webhook/delivery.ts';
import type { EventKey } from '../domain/webhook/outbox-event.ts';

/** Every item has `pk` and `sk`; `ttl` (seconds) if it expires. */
export const tableKeys = { partition: 'pk', sort: 'sk', ttl: 'ttl' } as const;

/**
 * - `due`: sparse and sharded, keys only: every row that a stage or the sweep must handle later.
 * - `byAccount`: an account's tasks in the order of their ids, which is that of their creation.
 * - `byTime`: the tasks of all accounts in the same order, sharded.
 * - `byFailure`: sparse: the tasks that met a failure, with the codes that they met; a usual task is never in it.
 *
 * The attributes that an index projects beside the keys (`includes`) never change on a usual task, so that its changes
 * cost no index writes. Everything else that a list filters by is read from the rows.
 * CloudFormation makes or removes one index in one update of a stack, and no index may show more than it was made with.
 */
export const tableIndexes = {
  due: { name: 'due', partition: 'dueShard', sort: 'dueAt', includes: [] },
  byAccount: { name: 'byAccount', partition: 'account', sort: 'pk', includes: ['model', 'ref'] },
  byTime: { name: 'byTime', partition: 'ts', sort: 'pk', includes: ['account', 'model', 'ref'] },
  byFailure: { name: 'byFailure', partition: 'fs', sort: 'pk', includes: ['account', 'model', 'codes'] },
} as const satisfies Record<string, TableIndex>;

export interface TableIndex {
  readonly name: string;
  readonly partition: string;
  readonly sort: string;
  /** Attributes that it projects beside its own keys and the table's. */
  readonly includes: readonly string[];
}

/**
 * One shard takes 1,000 writes a second; a task makes two: sixteen are a quarter full at 2,000 tasks a second. The sweep
 * reads each of them once a minute. There may only be more of them: rows keep the shard that they were written with.
 */
export const DUE_SHARDS = 16;

/** One shard takes 1,000 new tasks a second; a page of all accounts' tasks queries each of them. */
export const TIME_SHARDS = 4;

/** Partitions of the rows of waiting accounts: one takes 1,000 write units a second, and a wait costs four. */
export const QUEUE_SHARDS = 4;

/**
 * Rows beside an account's own in which tickets are counted while slots go from hand to hand, each in one of them: rounds
 * write the account's own row, and tickets lock neither that nor mostly each other's.
 */
const JOIN_ROWS = 4;

/**
 * Rows in which the ends of attempts count the slots that they free, each in one of them: ends lock neither the gate's own
 * row, which grants write, nor mostly each other's. With the gate they are one read of one unit.
 */
const RELEASE_ROWS = 28;

/** Partitions of the pools of a gate's free slots: one takes 1,000 write units a second, and a claim costs two. */
const POOL_SHARDS = 2;

export interface Key {
  readonly pk: string;
  readonly sk: string;
}

interface TicketPlace {
  readonly order: number;
  readonly taskId: string;
  /** The task's version when it took the ticket. */
  readonly version: number;
}

export const keyOf = {
  task: (taskId: string): Key => ({ pk: `TASK#${taskId}`, sk: 'TASK' }),
  input: (taskId: string): Key => ({ pk: `TASK#${taskId}`, sk: 'INPUT' }),
  /** The keeping of the task's outputs. */
  keep: (taskId: string): Key => ({ pk: `TASK#${taskId}`, sk: 'KEEP' }),
  account: (accountId: string): Key => ({ pk: `ACCOUNT#${accountId}`, sk: 'ACCOUNT' }),
  accountListing: (accountId: string): Key => ({ pk: 'ACCOUNTS', sk: accountId }),
  apiKey: (digest: string): Key => ({ pk: `KEY#${digest}`, sk: 'KEY' }),
  /** Its version changes with each new key, so that two calls at once cannot exceed the bound of an account's keys. */
  keyCount: (accountId: string): Key => ({ pk: `ACCOUNT#${accountId}`, sk: 'KEYS' }),
  keyListing: (accountId: string, digest: string): Key => ({ pk: `KEYS#${accountId}`, sk: digest }),
  idempotency: (accountId: string, key: string): Key => ({ pk: `IDEMPOTENCY#${accountId}#${key}`, sk: 'IDEMPOTENCY' }),
  /** A change of an account that was made once under a key of its caller. */
  accountChange: (accountId: string, key: string): Key => ({ pk: `CHANGE#${accountId}#${key}`, sk: 'CHANGE' }),
  /** Why a message failed, for an operator who finds it in a dead-letter queue. */
  fault: (messageId: string): Key => ({ pk: `FAULT#${messageId}`, sk: 'FAULT' }),
  gate: (gateId: string): Key => ({ pk: `GATE#${gateId}`, sk: 'GATE' }),
  /** Before the gate in their partition, so that a read of both never sees a slot freed whose grant it does not see. */
  slotReleases: (gateId: string, commitId: string): Key => ({
    pk: `GATE#${gateId}`,
    sk: `FREED#${spread(commitId) % RELEASE_ROWS}`,
  }),
  slotPool: (gateId: string, pool: number): Key => ({
    pk: poolShardName(gateId, pool % POOL_SHARDS),
    sk: `POOL#${pool}`,
  }),
  gateListing: (gateId: string): Key => ({ pk: 'GATES', sk: gateId }),
  /**
   * The waiting tasks of one account; the account's hash is its place in its shard, so that a reader may begin
   * anywhere.
   */
  queues: (gateId: string, accountId: string): Key => ({
    pk: queueShardName(gateId, spread(accountId) % QUEUE_SHARDS),
    sk: `${queuePlace(ringPlaceOf(accountId))}#${accountId}`,
  }),
  /** Behind the account's own row in their partition, so that a read of both never sees a task served whose ticket it does not see. */
  joins: (gateId: string, accountId: string, commitId: string): Key => {
    const { pk, sk } = keyOf.queues(gateId, accountId);
    return { pk, sk: `${sk}#${spread(commitId) % JOIN_ROWS}` };
  },
  /** What is known of a model that has failed lately. */
  model: (gateId: string, model: string): Key => ({ pk: modelPartition(gateId), sk: model }),
  /**
   * A waiting task's place: its queue is the partition, so that one query gives the head of one queue. Each ticket of a task has a key
   * of its own: one that is removed late takes no later one along.
   */
  ticket: (gateId: string, flow: string, { order, taskId, version }: TicketPlace): Key => ({
    pk: keyOf.ticketQueue(gateId, flow),
    sk: `${ticketOrder(order)}#${taskId}#${version}`,
  }),
  ticketQueue: (gateId: string, flow: string): string => `TICKETS#${gateId}#${flow}`,
  /** An account's events are one partition in the order of their positions: its log. */
  event: ({ accountId, position, id }: EventKey): Key => ({
    pk: `EVENTS#${accountId}`,
    sk: `${ticketOrder(position)}#${id}`,
  }),
  /** The deliveries of one end of a task, for the list of its deliveries. */
  taskEvent: (taskId: string, eventId: string): Key => ({ pk: `TASK#${taskId}`, sk: `EVENT#${eventId}` }),
  /** What an account spent on a day for a model; before them, the place in its log up to which they reach. */
  spend: (accountId: string, day: number, model: string): Key => ({ pk: `SPEND#${accountId}`, sk: `${day}#${model}` }),
  /** What one process has set aside of an account's money. */
  lease: (accountId: string, holderId: string): Key => ({ pk: `LEASES#${accountId}`, sk: holderId }),
  spendPlace: (accountId: string): Key => ({ pk: `SPEND#${accountId}`, sk: 'PLACE' }),
  endpoint: (accountId: string, endpointId: string): Key => ({
    pk: `ACCOUNT#${accountId}`,
    sk: `ENDPOINT#${endpointId}`,
  }),
  /** Whose an endpoint is, for operators, who know only its id. */
  endpointOwner: (endpointId: string): Key => ({ pk: `ENDPOINT#${endpointId}`, sk: 'OWNER' }),
  endpointCount: (accountId: string): Key => ({ pk: `ACCOUNT#${accountId}`, sk: 'ENDPOINTS' }),
  signing: (accountId: string): Key => ({ pk: `ACCOUNT#${accountId}`, sk: 'SIGNING' }),
  lane: (laneId: string): Key => ({ pk: `LANE#${laneId}`, sk: 'LANE' }),
  delivery: (laneId: string, deliveryId: string): Key => ({ pk: `LANE#${laneId}`, sk: `DELIVERY#${deliveryId}` }),
  /** A pending delivery's place in its lane: one query gives the head of each kind. */
  laneEntry: (laneId: string, { kind, at, deliveryId }: LaneEntry): Key => ({
    pk: `LANE#${laneId}`,
    sk: `${laneEntryPrefix(kind)}${ticketOrder(at)}#${deliveryId}`,
  }),
  /** A bulk job; the ids that it names one by one; its entries in the list of all jobs and of an account's. */
  job: (jobId: string): Key => ({ pk: `JOB#${jobId}`, sk: 'JOB' }),
  jobIds: (jobId: string): Key => ({ pk: `JOB#${jobId}`, sk: 'IDS' }),
  jobListing: (accountId: string | undefined, jobId: string): Key => ({
    pk: accountId === undefined ? 'JOBS' : `JOBS#${accountId}`,
    sk: jobId,
  }),
  /** How many bulk jobs of an account run. */
  jobCount: (accountId: string): Key => ({ pk: `ACCOUNT#${accountId}`, sk: 'JOBS' }),
  /** Which failures of an account are muted, for itself or for operators; of the account `*`, those of all. */
  mutes: (accountId: string, side: MuteSide): Key => ({
    pk: `ACCOUNT#${accountId}`,
    sk: side === 'own' ? 'MUTES' : 'MUTES#OPERATORS',
  }),
  /** What people did, a month to a partition: `2026-11`. */
  /** Which alarms that are on operators have acknowledged. */
  acknowledgedAlarms: (): Key => ({ pk: 'ALARMS', sk: 'ACKNOWLEDGED' }),
  audit: (month: string, entryId: string): Key => ({ pk: `AUDIT#${month}`, sk: entryId }),
  /** The leases of a pool of places: see core/ports/places.ts. */
  places: (pool: string): Key => ({ pk: `PLACES#${pool}`, sk: 'PLACES' }),
  /** One row per lane with something undelivered, the longest wait first. */
  undelivered: (since: number, laneId: string): Key => ({ pk: 'UNDELIVERED', sk: `${ticketOrder(since)}#${laneId}` }),
} as const;

/** First attempts sort before all others, so that one query of a lane shows them in the order they are served. */
const kindOrder = { first: 1, retry: 2 } as const satisfies Record<EntryKind, number>;

/** Prefix of the sort keys of lane entries: of one kind, or of both. */
export function laneEntryPrefix(kind?: EntryKind): string {
  return `ENTRY#${kind ? `${kindOrder[kind]}#` : ''}`;
}

/** The kind of a lane entry, from its sort key. */
export function entryKindOf(sk: string): EntryKind {
  return sk.startsWith(laneEntryPrefix('first')) ? 'first' : 'retry';
}

/** The kinds of rows that may have a `dueAt`, with the prefix of their partition keys. */
const duePrefixes = { task: 'TASK#', event: 'EVENTS#', lane: 'LANE#', lease: 'LEASES#', job: 'JOB#' } as const;

export type DueKind = keyof typeof duePrefixes | 'keep';

/** Reads from the keys of the due index what is due; undefined for rows that this version does not know. */
export function dueSubjectOf({ pk, sk }: Key): { readonly kind: DueKind; readonly id: string } | undefined {
  for (const [kind, prefix] of Object.entries(duePrefixes)) {
    if (!pk.startsWith(prefix)) continue;
    const id = pk.slice(prefix.length);
    if (sk === keyOf.keep(id).sk && kind === 'task') return { kind: 'keep', id };
    return { kind: kind as DueKind, id: kind === 'event' || kind === 'lease' ? `${id}#${sk}` : id };
  }
  return undefined;
}

/** The id of the task whose partition this is. */
export function taskIdOf(pk: string): string {
  return pk.slice(duePrefixes.task.length);
}

/** The id by which the due index names an event. */
export function dueEventId({ accountId, position, id }: EventKey): string {
  return `${accountId}#${ticketOrder(position)}#${id}`;
}

/** @throws Error for an id that dueEventId did not make. */
export function parseDueEventId(text: string): EventKey {
  const [accountId, position, id] = text.split('#');
  if (!accountId || !position || !id) throw new Error(`not the id of a due event: ${text}`);
  return { accountId, position: Number(position), id };
}

/** Prefix of a gate's counters, which are attributes of their own so that DynamoDB can add to them. */
export const COUNTER_PREFIX = 'n:';

/** The same for the queue counters of an account. */
export const QUEUE_PREFIX = 'q:';

/** Sorts as text the way the number sorts; 16 digits hold milliseconds for 300,000 years. */
export function ticketOrder(order: number): string {
  return String(Math.max(0, Math.round(order))).padStart(16, '0');
}

export function dueShardOf(id: string): string {
  return dueShardName(spread(id) % DUE_SHARDS);
}

/** The shard of a task in `byTime` and, if it met a failure, in `byFailure`. */
export function timeShardOf(taskId: string): string {
  return String(spread(taskId) % TIME_SHARDS);
}

function spread(id: string): number {
  // FNV-1a: even, and the same on every machine. Only spread matters, not secrecy.
  let hash = 0x811c9dc5;
  for (let index = 0; index < id.length; index += 1) hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193) >>> 0;
  return hash;
}

/**
 * A place in a ring of 2^32 that spreads even ids that differ only in their last digit (the finaliser of MurmurHash3).
 */
function ringPlaceOf(id: string): number {
  let hash = spread(id);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

export function queueShardName(gateId: string, shard: number): string {
  return `QUEUES#${gateId}#${shard}`;
}

function poolShardName(gateId: string, shard: number): string {
  return `POOLS#${gateId}#${shard}`;
}

export function poolPartitions(gateId: string): readonly string[] {
  return Array.from({ length: POOL_SHARDS }, (_, shard) => poolShardName(gateId, shard));
}

/** @param sk sort key of a pool. */
export function poolNumberOf(sk: string): number {
  return Number(sk.split('#')[1]);
}

/** Prefix of the sort key of an account's queues, from its place in the ring. */
export function queuePlace(place: number): string {
  return Math.min(0xffffffff, Math.floor(place)).toString(16).padStart(8, '0');
}

export function modelPartition(gateId: string): string {
  return `MODELS#${gateId}`;
}

export function dueShardName(shard: number): string {
  return `#${shard}`;
}
