// The door of the relay over memory: the real api and monitoring handlers behind the events that API Gateway makes of a
// request, with three accounts and their keys. For tests of what a client may send; the wire itself is test/system's.
import { httpEvent } from '../../local/http/http-event.ts';
import { RouteTable } from '../../local/http/route-table.ts';
import { sha256Hex } from '../../core/domain/sha256-hex.ts';
import { CATCH_ALL, routeKeys, routes } from '../../core/contract/routes.ts';
import { makeHandler } from '../../functions/api/handler.ts';
import { makeHandler as makeMonitoringHandler } from '../../functions/monitoring/handler.ts';
import { ScriptedReceivers } from './memory/scripted-receivers.ts';
import { requireDocumented } from './documented-answer.ts';
import { MemoryAcknowledgements } from './memory/memory-acknowledgements.ts';
import { memoryUploads } from './memory/memory-uploads.ts';
import { MemoryRelay } from './memory-relay.ts';
import { NOW } from './sample-task.ts';
import type { Context } from 'aws-lambda';
import type { MemoryStore } from './memory/memory-store.ts';
import type { Account } from '../../core/domain/account.ts';
import type { RelaySettings } from '../../core/domain/settings.ts';

export interface DoorReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  /** The body as JSON; undefined for an empty one. */
  readonly body: unknown;
}

export interface DoorRequest {
  /** Null for none at all. */
  readonly key?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is when it is text or bytes, else as JSON. */
  readonly body?: unknown;
}

/** `client` and `other` are ordinary accounts, `operator` is one; the keys are `sk_` and the name. */
const doorAccounts = ['client', 'other', 'operator'] as const;
export type DoorAccount = (typeof doorAccounts)[number];

export function doorKey(name: DoorAccount): string {
  return `sk_${name}`;
}

export function doorAccountId(name: DoorAccount): string {
  return `acc_${name}`;
}

function accountNamed(name: DoorAccount): Account {
  return {
    id: doorAccountId(name),
    name,
    weight: 1,
    isOperator: name === 'operator',
    activeTasks: 0,
    createdAt: NOW,
  };
}

const routed = Object.values(routes).flatMap((route) =>
  routeKeys(route).map((routeKey) => ({ routeKey, functionName: route.function })),
);
const gatewayRoutes = [...routed, { routeKey: CATCH_ALL, functionName: 'api' }].map((route) => ({
  ...route,
  timeoutMs: 29_000,
}));

function bytesOf(body: unknown): Buffer {
  if (body === undefined) return Buffer.alloc(0);
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

export class ApiDoor {
  readonly relay: MemoryRelay;
  /** Also the accounts: their counts and balances move with the tasks. */
  readonly accounts: MemoryStore;
  readonly receivers: ScriptedReceivers;
  readonly #table: RouteTable;
  readonly #handlers: Readonly<Record<string, (event: never, context: Context) => Promise<unknown>>>;

  constructor(settings: Partial<RelaySettings> = {}, relay: MemoryRelay = new MemoryRelay(settings)) {
    this.relay = relay;
    this.accounts = relay.store;
    this.receivers = new ScriptedReceivers(relay.clock);
    const api = Object.assign({}, relay, {
      accounts: this.accounts,
      listing: relay.store,
      jobs: relay.store,
      mutes: relay.store,
      erasures: relay.store,
      spend: relay.store,
      // How many requests an account may make has tests of its own; here nothing but the calls may change a row.
      meter: { admit: () => Promise.resolve({}) },
      webhooks: relay.store,
      caller: this.receivers,
      version: '1.2.3',
      ...memoryUploads,
    });
    this.#handlers = {
      api: makeHandler(api),
      monitoring: makeMonitoringHandler({
        clock: relay.clock,
        log: relay.log,
        metrics: relay.metrics,
        accounts: this.accounts,
        service: 'relay',
        reader: {
          readSeries: () => Promise.resolve([]),
          readSumsByCode: () => Promise.resolve([]),
          listCodes: () => Promise.resolve([]),
          listAlarms: () => Promise.resolve([]),
          readAlarmHistory: ({ from }) => Promise.resolve({ changes: [], completeFrom: from }),
        },
        acknowledgements: new MemoryAcknowledgements(),
        audit: api.audit,
        randomSource: relay.randomSource,
      }),
    };
    this.#table = new RouteTable(gatewayRoutes);
  }

  /** Makes the accounts and their keys. */
  static async open(settings: Partial<RelaySettings> = {}, relay?: MemoryRelay): Promise<ApiDoor> {
    const door = new ApiDoor(settings, relay);
    for (const name of doorAccounts) {
      await door.accounts.putAccount(accountNamed(name));
      const digest = sha256Hex(doorKey(name));
      await door.accounts.putKey({ digest, accountId: doorAccountId(name), hint: 'sk_', createdAt: NOW });
    }
    return door;
  }

  /** One run of the api with the messages of its queue that are ready: each a step of a bulk job. */
  async stepJobs(): Promise<unknown> {
    const Records = this.relay.doorbells.take('jobs').map(({ doorbell }, index) => ({
      messageId: String(index),
      body: JSON.stringify(doorbell),
      attributes: { SentTimestamp: '0', ApproximateReceiveCount: '1' },
    }));
    return this.#handlers['api']?.({ Records } as never, {} as Context);
  }

  async call(method: string, target: string, request: DoorRequest = {}): Promise<DoorReply> {
    const { key = doorKey('client'), body, headers = {} } = request;
    const [path = '/'] = target.split('?');
    const match = this.#table.find(method, path);
    if (!match) throw new Error(`no route takes ${method} ${target}`);
    const bytes = bytesOf(body);
    const event = httpEvent(
      {
        method,
        target,
        headers: {
          ...(key !== null && { authorization: `Bearer ${key}` }),
          ...(body !== undefined && { 'content-type': 'application/json', 'content-length': String(bytes.length) }),
          ...headers,
        },
        body: bytes,
        sourceIp: '127.0.0.1',
        protocol: 'HTTP/1.1',
        at: NOW,
      },
      match,
    );
    const handler = this.#handlers[match.route.functionName];
    if (!handler) throw new Error(`${match.route.routeKey} is not a function of this door`);
    const answer = (await handler(event as never, {} as Context)) as {
      statusCode: number;
      headers: Record<string, unknown>;
      body?: string;
    };
    const text = answer.body ?? '';
    requireDocumented({ method, path: target, status: answer.statusCode, text });
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text,
      body: text === '' ? undefined : (JSON.parse(text) as unknown),
    };
  }
}
