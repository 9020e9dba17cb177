// What emulators do not show: they always read consistently, and never delete by a time to live.
// This stands before an emulator's client and refuses what DynamoDB itself would answer with an older item, or keep for
// a thousand years. A read that may lag is named here with its method.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Store } from '../../../core/adapters/dynamodb/dynamo-store.ts';

/** Methods whose answers may be a moment old, because the caller reads again or only shows them. */
const mayLag: readonly (keyof Store)[] = [
  'listTasks',
  'countTasks',
  'listFailed',
  'listDeliveries',
  'overdue',
  'listDue',
  'oldestUndelivered',
];

/** Reads within others: whether an end is handed on is so for good, and a reader that does not know it writes a note. */
const mayLagWithin: Readonly<Record<string, string>> = { readEvents: 'BatchGetItemCommand' };

interface CommandInput {
  readonly ConsistentRead?: boolean;
  readonly IndexName?: string;
  readonly RequestItems?: Readonly<Record<string, { readonly ConsistentRead?: boolean }>>;
  readonly Item?: Row;
  readonly UpdateExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: Readonly<Record<string, Row[string]>>;
  readonly TransactItems?: readonly { readonly Put?: CommandInput; readonly Update?: CommandInput }[];
}

type Row = Readonly<Record<string, { readonly N?: string; readonly S?: string }>>;

/** @returns what is wrong with a time to live, in seconds since 1970 as DynamoDB reads it. */
export function ttlFault(value: string | undefined, nowMs: number): string | undefined {
  const days = (Number(value) - nowMs / 1_000) / 86_400;
  if (value === undefined || !/^\d+$/.test(value))
    return `the time to live is ${value ?? 'missing'}, not whole seconds`;
  return days > -1 && days < 400
    ? undefined
    : `the time to live lies ${Math.round(days)} days from now: are these seconds?`;
}

/** @returns the unwanted effect that the call would have in DynamoDB; undefined when it is sound. */
function commandFault(name: string, input: CommandInput, method: string, nowMs: number): string | undefined {
  const isLagging = mayLag.some((one) => one === method) || mayLagWithin[method] === name;
  const asked =
    name === 'BatchGetItemCommand' ? Object.values(input.RequestItems ?? {})[0]?.ConsistentRead : input.ConsistentRead;
  const isRead = ['GetItemCommand', 'BatchGetItemCommand', 'QueryCommand'].includes(name);
  if (isRead && asked !== true && !isLagging) return `${method} reads by ${name} without ConsistentRead`;
  if (isRead && input.IndexName !== undefined && asked === true) return `${method} asks an index for a consistent read`;
  const writes = input.TransactItems?.flatMap(({ Put, Update }) => [Put, Update].filter((one) => one !== undefined));
  return (writes ?? [input]).map((write) => writeFault(write, nowMs)).find((fault) => fault !== undefined);
}

function writeFault(write: CommandInput, nowMs: number): string | undefined {
  if (write.Item?.['ttl']) return ttlFault(write.Item['ttl'].N, nowMs);
  const placeholder = Object.entries(write.ExpressionAttributeNames ?? {}).find(([, name]) => name === 'ttl')?.[0];
  const set = placeholder && new RegExp(`${placeholder} = (:\\w+)`).exec(write.UpdateExpression ?? '')?.[1];
  return set ? ttlFault(write.ExpressionAttributeValues?.[set]?.N, nowMs) : undefined;
}

const method = new AsyncLocalStorage<string>();

/** The store, whose calls the client below can distinguish. */
export function named(store: Store): Store {
  return new Proxy(store, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...given: readonly unknown[]): unknown =>
        method.run(String(name), () => Reflect.apply(value, target, given) as unknown);
    },
  });
}

/** Throws at the call what would go wrong much later. Calls outside of a named store pass. */
export function demanding(client: DynamoDBClient, now: () => number): DynamoDBClient {
  const send = client.send.bind(client) as (command: { readonly input: CommandInput }) => Promise<unknown>;
  client.send = ((command: { readonly input: CommandInput }) => {
    const caller = method.getStore();
    const fault =
      caller === undefined ? undefined : commandFault(command.constructor.name, command.input, caller, now());
    return fault === undefined ? send(command) : Promise.reject(new TypeError(fault));
  }) as typeof client.send;
  return client;
}
