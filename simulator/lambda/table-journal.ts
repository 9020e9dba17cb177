// The simulator's memory in DynamoDB, for any number of processes at once: one item per entry, numbered, each written
// on the condition that its number is free. Once there are many, a process that starts replaces them by a snapshot.
// simulator-state.ts defines the entries; simulator-engine.ts decides again after a lost race.
import {
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { applyEntry, newState } from '../simulator-state.ts';
import { headKey, deleteItems, entriesOf, forgetOld, numberText, writeSnapshot } from './journal-snapshot.ts';
import { MINUTE_MS } from '../../core/domain/time-ms.ts';
import type { AttributeValue, QueryCommandInput } from '@aws-sdk/client-dynamodb';
import type { SimulatorJournal } from '../simulator-ports.ts';
import type { JournalEntry } from '../simulator-state.ts';
import type { JournalTable } from './journal-snapshot.ts';

type Item = Readonly<Record<string, AttributeValue>>;

/** What a process learned longer ago may have moved into a snapshot since: it starts over. */
const KNOWN_MS_MAX = 2 * MINUTE_MS;
/** Entries stay this long after they moved into a snapshot, for processes that know only them. */
const ENTRY_KEPT_MS = 2 * KNOWN_MS_MAX;
/** A snapshot is written when the entries since the last one outnumber both its items and this. */
const ENTRIES_PER_SNAPSHOT_MIN = 200;
const READS_MAX = 5;

/** Opens the journal of this table; reads nothing before the first `read`. */
export function openTableJournal(table: JournalTable): SimulatorJournal {
  return new TableJournal(table);
}

class TableJournal implements SimulatorJournal {
  readonly #table: JournalTable;
  /** Number of the last entry that is known; null before the first read. */
  #known: number | null = null;
  #knownAtMs = 0;

  constructor(table: JournalTable) {
    this.#table = table;
  }

  async read(): Promise<readonly JournalEntry[]> {
    if (this.#known === null || this.#isStale()) return this.#readWhole();
    const items = await this.#itemsAfter(this.#known);
    this.#learn(this.#known + items.length);
    return items.map(entryOf);
  }

  async append(entry: JournalEntry): Promise<boolean> {
    if (this.#known === null || this.#isStale()) return false;
    const number = this.#known + 1;
    const writer = this.#table.newId();
    const put = new PutItemCommand({
      TableName: this.#table.name,
      Item: {
        pk: { S: 'LOG' },
        sk: { S: numberText(number) },
        writtenAtMs: { N: String(this.#table.now()) },
        writer: { S: writer },
        entry: { S: JSON.stringify(entry) },
      },
      ConditionExpression: 'attribute_not_exists(pk)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    try {
      await this.#table.client.send(put);
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      // The answer to a write may be lost and the SDK may send it again: then the entry in the way is our own.
      if (error.Item?.['writer']?.S !== writer) return false;
    }
    this.#learn(number);
    return true;
  }

  #isStale(): boolean {
    return this.#table.now() - this.#knownAtMs > KNOWN_MS_MAX;
  }

  #learn(number: number): void {
    this.#known = number;
    this.#knownAtMs = this.#table.now();
  }

  /** From the snapshot on; starts over when a newer one replaces it meanwhile. */
  async #readWhole(): Promise<readonly JournalEntry[]> {
    for (let reads = 0; reads < READS_MAX; reads += 1) {
      const startedAtMs = this.#table.now();
      const head = await this.#head();
      const restored = head === null ? [] : await this.#snapshot(head);
      const restoredTo = head?.number ?? 0;
      const items = await this.#itemsAfter(restoredTo);
      // Read again: a snapshot written in between has removed entries, perhaps all of them.
      const isCurrent = (await this.#head())?.snapshot === head?.snapshot;
      if (restored === null || !isCurrent || !isUnbroken(items, restoredTo)) continue;
      const entries = [...restored, ...items.map(entryOf)];
      this.#known = restoredTo + items.length;
      this.#knownAtMs = startedAtMs;
      if (items.length <= Math.max(ENTRIES_PER_SNAPSHOT_MIN, restored.length)) return withoutOld(entries, startedAtMs);
      return this.#compact(entries, this.#known);
    }
    throw new Error(`the snapshot of the simulator was replaced ${READS_MAX} times while it was read`);
  }

  /** Replaces what was read by a snapshot, unless another process is ahead; either is right. */
  async #compact(entries: readonly JournalEntry[], number: number): Promise<readonly JournalEntry[]> {
    const compacted = withoutOld(entries, this.#table.now());
    if (!(await writeSnapshot(this.#table, number, compacted))) return compacted;
    const keptSinceMs = this.#table.now() - ENTRY_KEPT_MS;
    const items = await this.#query({
      KeyConditionExpression: 'pk = :log AND sk <= :number',
      FilterExpression: 'writtenAtMs < :since',
      ProjectionExpression: 'pk, sk',
      ExpressionAttributeValues: {
        ':log': { S: 'LOG' },
        ':number': { S: numberText(number) },
        ':since': { N: String(keptSinceMs) },
      },
    });
    await deleteItems(this.#table, items);
    return compacted;
  }

  async #head(): Promise<{ readonly number: number; readonly snapshot: string; readonly parts: number } | null> {
    const get = new GetItemCommand({ TableName: this.#table.name, Key: headKey, ConsistentRead: true });
    const { Item: item } = await this.#table.client.send(get);
    if (item === undefined) return null;
    return {
      number: Number(item['number']?.N),
      snapshot: item['snapshot']?.S ?? '',
      parts: Number(item['parts']?.N),
    };
  }

  /** Null when parts are missing because a newer snapshot has replaced it. */
  async #snapshot({ snapshot, parts }: { readonly snapshot: string; readonly parts: number }) {
    const items = await this.#query({
      KeyConditionExpression: 'pk = :snapshots AND begins_with(sk, :snapshot)',
      ExpressionAttributeValues: { ':snapshots': { S: 'SNAPSHOT' }, ':snapshot': { S: snapshot } },
    });
    return items.length === parts ? items.flatMap(entriesOf) : null;
  }

  #itemsAfter(number: number): Promise<readonly Item[]> {
    return this.#query({
      KeyConditionExpression: 'pk = :log AND sk > :number',
      ExpressionAttributeValues: { ':log': { S: 'LOG' }, ':number': { S: numberText(number) } },
    });
  }

  async #query(input: Omit<QueryCommandInput, 'TableName'>): Promise<readonly Item[]> {
    const found: Item[] = [];
    let from: Record<string, AttributeValue> | undefined;
    do {
      const query = new QueryCommand({
        ...input,
        TableName: this.#table.name,
        ConsistentRead: true,
        ExclusiveStartKey: from,
      });
      const { Items: items = [], LastEvaluatedKey: next } = await this.#table.client.send(query);
      found.push(...items);
      from = next;
    } while (from !== undefined);
    return found;
  }
}

function entryOf(item: Item): JournalEntry {
  return JSON.parse(item['entry']?.S ?? '') as JournalEntry;
}

/** Consecutive numbers, starting after `number`. */
function isUnbroken(items: readonly Item[], number: number): boolean {
  return items.every((item, index) => item['sk']?.S === numberText(number + 1 + index));
}

/** The same, as short as possible, and without what is too old to matter. */
function withoutOld(entries: readonly JournalEntry[], nowMs: number): readonly JournalEntry[] {
  const state = newState();
  for (const entry of entries) applyEntry(state, entry);
  return forgetOld(state, nowMs);
}
