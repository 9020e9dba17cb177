// DynamoDB in memory for the real adapters: takes the SDK's commands and answers as DynamoDB would, with its limits,
// its conflicts and its bill. Holds one table; table-physics.ts adds time and refusals.
// Source of the limits: "Quotas in Amazon DynamoDB".
import { ITEM_BYTES_MAX, itemBytes, readUnits, writeCharges } from './item-units.ts';
import { cancelled, invalidCall, isThrottled, TableError } from './table-error.ts';
import { readChange, readCondition } from './condition.ts';
import { PastRows } from './past-rows.ts';
import { TablePhysics } from './table-physics.ts';
import { itemId, TableRows } from './table-rows.ts';
import type {
  BatchGetItemCommandInput,
  BatchWriteItemCommandInput,
  DynamoDBClient,
  GetItemCommandInput,
  QueryCommandInput,
  TransactWriteItem,
  TransactWriteItemsCommandInput,
} from '@aws-sdk/client-dynamodb';
import type { Item, Placeholders } from './condition.ts';
import type { PhysicalWrite, PhysicsOptions } from './table-physics.ts';

const EXPRESSION_BYTES_MAX = 4_096;
const TRANSACTION_WRITES_MAX = 100;
const BATCH_WRITES_MAX = 25;
const TRANSACTION_BYTES_MAX = 4 * 1_048_576;
/** What the SDK does about a throttle of a single call before its caller learns of it. */
const SDK_SENDS_MAX = 4;
const SDK_THROTTLE_BASE_MS = 500;

interface Write {
  readonly key: Item;
  /** The item that is put; absent for others. */
  readonly item?: Item | undefined;
  readonly update?: string | undefined;
  readonly isDelete: boolean;
  readonly condition?: string | undefined;
  readonly placeholders: Placeholders;
  readonly returnsOld: boolean;
}

type Command = Parameters<DynamoDBClient['send']>[0];
type Serve = (step: string, input: unknown) => Promise<unknown>;

export class TableModel {
  readonly rows = new TableRows();
  /** Absent where no read lags. */
  readonly #past: PastRows | undefined;
  readonly #physics: TablePhysics;
  readonly #options: PhysicsOptions;
  /** Tokens of transactions that were committed: one that is sent again does nothing. */
  readonly #tokens = new Set<string>();

  constructor(options: PhysicsOptions) {
    this.#options = options;
    const { time, isTimed, lags = isTimed ? 'freely' : 'never' } = options;
    const lagging = { now: () => time.now(), isSteady: lags === 'steadily' };
    this.#past = lags === 'never' ? undefined : new PastRows(this.rows, lagging);
    this.#physics = new TablePhysics(options);
  }

  /** A client whose calls are counted under the step that is at work when they are made. */
  client(step: () => string): DynamoDBClient {
    const serve: Record<string, Serve> = {
      GetItemCommand: (at, input) => this.#get(at, input as GetItemCommandInput),
      BatchGetItemCommand: (at, input) => this.#batchGet(at, input as BatchGetItemCommandInput),
      QueryCommand: (at, input) => this.#query(at, input as QueryCommandInput),
      PutItemCommand: (at, input) => this.#write(at, { Put: input } as TransactWriteItem),
      UpdateItemCommand: (at, input) => this.#write(at, { Update: input } as TransactWriteItem),
      DeleteItemCommand: (at, input) => this.#write(at, { Delete: input } as TransactWriteItem),
      BatchWriteItemCommand: (at, input) => this.#batchWrite(at, input as BatchWriteItemCommandInput),
      TransactWriteItemsCommand: (at, input) => this.#transact(at, input as TransactWriteItemsCommandInput),
    };
    const send = async (command: Command): Promise<unknown> => {
      const served = serve[command.constructor.name];
      if (!served) throw new Error(`the table model does not know ${command.constructor.name}`);
      return this.#resending(() => served(step(), command.input));
    };
    return { send, destroy: () => undefined } as unknown as DynamoDBClient;
  }

  async #resending<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    const { random, time } = this.#options;
    for (let sends = 1; ; sends += 1) {
      try {
        return await call();
      } catch (error) {
        if (!isThrottled(error) || sends >= SDK_SENDS_MAX) throw error;
        await time.sleep(random() * SDK_THROTTLE_BASE_MS * 2 ** (sends - 1));
      }
    }
  }

  /** What a read sees: the rows as they are, or as a copy has them that lags behind. */
  #seen(isConsistent: boolean | undefined, isOfIndex = false): Pick<TableRows, 'get' | 'query'> {
    const isFresh = isConsistent === true || (isOfIndex && this.#options.lags === 'steadily');
    return isFresh ? this.rows : (this.#past ?? this.rows);
  }

  async #get(step: string, { Key = {}, ConsistentRead }: GetItemCommandInput): Promise<unknown> {
    let item: Item | undefined;
    await this.#physics.read(
      step,
      async () => {
        item = this.#seen(ConsistentRead).get(Key);
        return [readCharge(Key, item ? itemBytes(item) : 0, ConsistentRead)];
      },
      1,
    );
    return item ? { Item: item } : {};
  }

  async #batchGet(step: string, { RequestItems = {} }: BatchGetItemCommandInput): Promise<unknown> {
    const [[name, { Keys = [], ConsistentRead }] = ['', {}]] = Object.entries(RequestItems);
    if (Keys.length > 100) throw invalidCall('Too many items requested for the BatchGetItem call');
    refuseDuplicates(Keys);
    const items: Item[] = [];
    await this.#physics.read(
      step,
      async () =>
        Keys.map((key) => {
          const item = this.#seen(ConsistentRead).get(key);
          if (item) items.push(item);
          return readCharge(key, item ? itemBytes(item) : 0, ConsistentRead);
        }),
      Keys.length,
    );
    return { Responses: { [name]: items } };
  }

  async #query(step: string, input: QueryCommandInput): Promise<unknown> {
    let page: ReturnType<TableRows['query']> = { items: [], read: [], next: undefined };
    await this.#physics.read(
      step,
      async () => {
        page = this.#seen(input.ConsistentRead, input.IndexName !== undefined).query(input);
        const bytes = page.read.reduce((sum, item) => sum + itemBytes(item), 0);
        const [partition = ''] = Object.values(input.ExpressionAttributeValues ?? {}).map(({ S }) => S ?? '');
        const units = readUnits(bytes) * (input.ConsistentRead ? 1 : 0.5);
        return [{ partition: `${input.IndexName ?? ''}${partition}`, units }];
      },
      1,
    );
    return { Items: page.items, Count: page.items.length, ...(page.next && { LastEvaluatedKey: page.next }) };
  }

  async #write(step: string, raw: TransactWriteItem): Promise<unknown> {
    const write = readWrite(raw);
    await this.#physics.write(step, this.#physical(write));
    const wantsNew = (raw.Update as { ReturnValues?: string } | undefined)?.ReturnValues === 'ALL_NEW';
    const item = this.rows.get(write.key);
    return wantsNew && item ? { Attributes: item } : {};
  }

  /** Each write for itself: what a lock or a full partition refuses is left unprocessed. */
  async #batchWrite(step: string, { RequestItems = {} }: BatchWriteItemCommandInput): Promise<unknown> {
    const [[name, requests] = ['', []]] = Object.entries(RequestItems);
    if (requests.length > BATCH_WRITES_MAX) throw invalidCall('Too many items requested for the BatchWriteItem call');
    refuseDuplicates(requests.map(({ PutRequest, DeleteRequest }) => PutRequest?.Item ?? DeleteRequest?.Key ?? {}));
    const sent = await Promise.allSettled(
      requests.map(({ PutRequest, DeleteRequest }) =>
        this.#write(step, (PutRequest ? { Put: PutRequest } : { Delete: DeleteRequest }) as TransactWriteItem),
      ),
    );
    const left = requests.filter((_request, index) => sent[index]?.status === 'rejected');
    return { UnprocessedItems: left.length > 0 ? { [name]: left } : {} };
  }

  async #transact(step: string, { TransactItems = [], ClientRequestToken }: TransactWriteItemsCommandInput) {
    if (ClientRequestToken !== undefined && this.#tokens.has(ClientRequestToken)) return {};
    const writes = TransactItems.map(readWrite);
    if (writes.length > TRANSACTION_WRITES_MAX) throw invalidCall('a transaction of more than 100 writes');
    if (new Set(writes.map(({ key }) => itemId(key))).size < writes.length) {
      throw invalidCall('Transaction request cannot include multiple operations on one item');
    }
    const bytes = writes.reduce((sum, { item }) => sum + (item ? itemBytes(item) : 0), 0);
    if (bytes > TRANSACTION_BYTES_MAX) throw invalidCall('a transaction of more than 4 MB');
    try {
      await this.#physics.transact(
        step,
        writes.map((write) => this.#physical(write)),
      );
    } catch (error) {
      // A throttled transaction is cancelled with that reason, and the SDK does not send it again.
      throw isThrottled(error) ? cancelled(writes.map(() => 'ThrottlingError')) : error;
    }
    if (ClientRequestToken !== undefined) this.#tokens.add(ClientRequestToken);
    return {};
  }

  #physical(write: Write): PhysicalWrite {
    let after: Item | undefined;
    return {
      id: itemId(write.key),
      returnsOld: write.returnsOld,
      judge: (isTransactional) => {
        const before = this.rows.get(write.key);
        const holds = write.condition === undefined || readCondition(write.condition)(before ?? {}, write.placeholders);
        after = holds ? afterWrite(write, before) : before;
        return { holds, before, charges: writeCharges(before, after, isTransactional, write.key) };
      },
      apply: () => {
        this.#past?.note(write.key);
        this.rows.set(write.key, after);
      },
    };
  }
}

function refuseDuplicates(keys: readonly Item[]): void {
  if (new Set(keys.map(itemId)).size < keys.length) {
    throw invalidCall('Provided list of item keys contains duplicates');
  }
}

function readCharge(key: Item, bytes: number, isConsistent: boolean | undefined) {
  return { partition: key['pk']?.S ?? '', units: readUnits(bytes) * (isConsistent ? 1 : 0.5) };
}

function readWrite({ Put, Update, Delete, ConditionCheck }: TransactWriteItem): Write {
  const write = Put ?? Update ?? Delete ?? ConditionCheck;
  if (!write) throw invalidCall('a transaction with an empty write');
  const item = Put?.Item;
  const update = Update?.UpdateExpression;
  for (const text of [write.ConditionExpression, update]) {
    if (text !== undefined && Buffer.byteLength(text) > EXPRESSION_BYTES_MAX) {
      throw invalidCall('Expression size has exceeded the maximum allowed size');
    }
  }
  return {
    key: keyOf((item ?? (write as { Key?: Item }).Key) as Item),
    item,
    update,
    isDelete: Delete !== undefined,
    condition: write.ConditionExpression,
    placeholders: { names: write.ExpressionAttributeNames, values: write.ExpressionAttributeValues },
    returnsOld: write.ReturnValuesOnConditionCheckFailure === 'ALL_OLD',
  };
}

function keyOf({ pk, sk }: Item): Item {
  if (!pk?.S || !sk?.S) throw invalidCall('an item without its key');
  return { pk, sk };
}

function afterWrite({ key, item, update, isDelete, placeholders }: Write, before: Item | undefined): Item | undefined {
  if (isDelete) return undefined;
  const after = item ?? (update === undefined ? before : readChange(update)(before ?? key, placeholders));
  if (after && itemBytes(after) > ITEM_BYTES_MAX) {
    throw new TableError('ValidationException', {}, 'Item size has exceeded the maximum allowed size');
  }
  return after;
}
