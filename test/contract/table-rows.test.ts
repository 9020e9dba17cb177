// One row of every kind in the table, made by the store itself and scanned: what ends carries a time to live,
// in seconds and not too near, and what an owner or the relay needs for ever carries none. No emulator deletes by it.
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { acknowledgementsOf } from '../../core/adapters/dynamodb/dynamo-acknowledgements.ts';
import { auditLogOf } from '../../core/adapters/dynamodb/dynamo-audit.ts';
import { faultsOf } from '../../core/adapters/dynamodb/dynamo-faults.ts';
import { placesOf } from '../../core/adapters/dynamodb/dynamo-places.ts';
import { makeDynamoStore } from '../../core/adapters/dynamodb/dynamo-store.ts';
import { DynamoTable } from '../../core/adapters/dynamodb/dynamo-table.ts';
import { systemClock } from '../../core/adapters/system-clock.ts';
import type { keyOf } from '../../core/contract/items.ts';
import { wellModel } from '../../core/domain/gate/circuit.ts';
import { defaultSettings } from '../../core/domain/settings.ts';
import { budgetDayOf } from '../../core/domain/money/account-money.ts';
import { limits } from '../../core/domain/limits.ts';
import { newDelivery } from '../../core/domain/webhook/delivery.ts';
import { newSecret } from '../../core/domain/webhook/webhook-secrets.ts';
import { hasDynoxide, startDynoxide } from '../support/dynoxide.ts';
import { MemoryRelay } from '../support/memory-relay.ts';
import { rollUpSpend } from '../../core/flows/roll-up-spend.ts';
import { createRelayTable, localDynamoClient } from '../support/relay-table.ts';
import { ttlFault } from './store/demanding-client.ts';
import { newJob } from './store/job-conformance.ts';
import { endedVersion, newAccount, newSlot, newTask, nextVersion } from './store/stored-task.ts';
import type { Dynoxide } from '../support/dynoxide.ts';

const TABLE = 'table-rows';
const HOUR_MS = 3_600_000;
/** Unlike the defaults, and each unlike the others: a row that takes another's shows. */
const retention = { tasksMs: 100 * HOUR_MS, eventsMs: 200 * HOUR_MS, deliveriesMs: 300 * HOUR_MS };

/** How long each kind of row is kept beyond now, at least; null for those that stay. */
const keptMs: Readonly<Record<keyof typeof keyOf | 'unknown', number | null>> = {
  task: retention.tasksMs,
  input: retention.tasksMs,
  keep: defaultSettings.media.keptMs,
  account: null,
  accountListing: null,
  apiKey: null,
  keyCount: null,
  keyListing: null,
  idempotency: limits.idempotencyMs,
  accountChange: limits.idempotencyMs,
  fault: 24 * HOUR_MS,
  gate: null,
  slotReleases: null,
  slotPool: null,
  queues: null,
  joins: null,
  model: null,
  gateListing: null,
  ticket: 24 * HOUR_MS,
  ticketQueue: null,
  event: retention.eventsMs,
  taskEvent: retention.deliveriesMs,
  endpoint: null,
  endpointOwner: null,
  endpointCount: null,
  signing: null,
  lane: retention.deliveriesMs,
  delivery: retention.deliveriesMs,
  laneEntry: retention.deliveriesMs,
  places: HOUR_MS,
  audit: defaultSettings.audit.keepMs,
  acknowledgedAlarms: null,
  undelivered: retention.deliveriesMs,
  job: 30 * 24 * HOUR_MS,
  jobIds: 30 * 24 * HOUR_MS,
  jobListing: 30 * 24 * HOUR_MS,
  jobCount: null,
  mutes: limits.muteMsMax,
  spend: null,
  spendPlace: null,
  lease: null,
  unknown: 0,
};

type Kind = keyof typeof keptMs;

const kinds: readonly (readonly [RegExp, Kind])[] = [
  [/^TASK#\S+ TASK$/, 'task'],
  [/^TASK#\S+ INPUT$/, 'input'],
  [/^TASK#\S+ KEEP$/, 'keep'],
  [/^TASK#\S+ EVENT#/, 'taskEvent'],
  [/^QUEUES#\S+ [^#]+#[^#]+#\d+$/, 'joins'],
  [/^QUEUES#\S+ /, 'queues'],
  [/^MODELS#\S+ /, 'model'],
  [/^ACCOUNT#\S+ ACCOUNT$/, 'account'],
  [/^ACCOUNT#\S+ ENDPOINT#/, 'endpoint'],
  [/^ACCOUNT#\S+ ENDPOINTS$/, 'endpointCount'],
  [/^ACCOUNT#\S+ KEYS$/, 'keyCount'],
  [/^ACCOUNT#\S+ SIGNING$/, 'signing'],
  [/^ACCOUNT#\S+ JOBS$/, 'jobCount'],
  [/^ACCOUNT#\S+ MUTES/, 'mutes'],
  [/^JOB#\S+ JOB$/, 'job'],
  [/^JOB#\S+ IDS$/, 'jobIds'],
  [/^JOBS(#\S+)? /, 'jobListing'],
  [/^SPEND#\S+ PLACE$/, 'spendPlace'],
  [/^SPEND#\S+ \d/, 'spend'],
  [/^LEASES#/, 'lease'],
  [/^ACCOUNTS /, 'accountListing'],
  [/^KEY#/, 'apiKey'],
  [/^KEYS#/, 'keyListing'],
  [/^ENDPOINT#/, 'endpointOwner'],
  [/^IDEMPOTENCY#/, 'idempotency'],
  [/^CHANGE#/, 'accountChange'],
  [/^FAULT#/, 'fault'],
  [/^GATE#\S+ GATE$/, 'gate'],
  [/^GATE#\S+ FREED#/, 'slotReleases'],
  [/^POOLS#/, 'slotPool'],
  [/^GATES /, 'gateListing'],
  [/^TICKETS#/, 'ticket'],
  [/^EVENTS#/, 'event'],
  [/^LANE#\S+ LANE$/, 'lane'],
  [/^LANE#\S+ DELIVERY#/, 'delivery'],
  [/^LANE#/, 'laneEntry'],
  [/^PLACES#/, 'places'],
  [/^AUDIT#/, 'audit'],
  [/^ALARMS /, 'acknowledgedAlarms'],
  [/^UNDELIVERED /, 'undelivered'],
];

describe.runIf(hasDynoxide() || process.env['CI'])('the rows of the table', () => {
  let dynoxide: Dynoxide;
  beforeAll(async () => {
    dynoxide = await startDynoxide();
  });
  afterAll(() => dynoxide.stop());

  it('end when they should, by a time to live in seconds, one of every kind', async () => {
    const client = localDynamoClient(dynoxide.endpoint);
    await createRelayTable(client, TABLE);
    const { clock: stepped, randomSource, settings } = new MemoryRelay();
    const clock = { now: () => stepped.now(), sleep: systemClock.sleep };
    const table = { client, tableName: TABLE, retention, clock, randomSource };
    const store = makeDynamoStore({ ...table, settings: settings.gate });
    const now = clock.now();
    const account = newAccount({ id: 'acc_rows' });
    await store.putAccount(account);
    await store.createKey({ digest: 'd'.repeat(64), accountId: account.id, hint: 'sk_r', createdAt: now });
    const once = { key: 'k', digest: 'd', expiresAt: now + limits.idempotencyMs };
    await store.updateAccountOnce(account.id, { weight: 2 }, once);
    const dates = { createdAt: now, updatedAt: now, deadlineAt: now + 24 * HOUR_MS };
    const task = newTask({ ...dates, accountId: account.id });
    const idempotency = { key: 'k', digest: 'd', expiresAt: now + limits.idempotencyMs };
    await store.createTask({ task, input: '{}', idempotency });
    const waiting = newTask({ ...dates, accountId: account.id });
    await store.createTask({ task: waiting, input: '{}' });
    await store.loadGate(waiting.gateId);
    const ticket = { kind: 'fresh', order: now, version: 1 } as const;
    await store.saveModel(waiting.gateId, waiting.model, wellModel(now), {
      ...wellModel(now),
      outcomes: 1,
      failures: 1,
    });
    const queued = nextVersion(waiting, { status: 'waiting', ticket, due: { at: now + HOUR_MS, by: 'sweep' } });
    await store.commit({ changes: [{ before: waiting, after: queued }], countsBeside: true });
    const turns = [{ accountId: account.id, weight: 1, finishTime: 1, servedAt: now }];
    const gate = await store.loadGate(waiting.gateId);
    await store.commit({ changes: [], gate: { before: gate, after: gate, turns } });
    const held = nextVersion(task, { slot: newSlot() });
    const filling = { gateId: gate.id, ownSlotsMax: 9, limitSlots: 1, fill: { pool: 3, slots: 1, movesSeen: 0 } };
    await store.commit({ changes: [{ before: task, after: held }], claim: filling });
    await store.commit({ changes: [{ before: held, after: endedVersion(held, { endedAt: now, slot: undefined }) }] });
    const keeping = newTask({ ...dates, accountId: account.id, keep: 'after-end' });
    await store.createTask({ task: keeping, input: '{}' });
    const result = { code: 0, outputs: ['https://outputs.example/1.png'], error: null };
    await store.commit({ changes: [{ before: keeping, after: endedVersion(keeping, { endedAt: now, result }) }] });
    const job = await store.loadKeepJob(keeping.id);
    if (!job) throw new Error('the end of the task made no keep job');
    const { due: _done, ...over } = job;
    await store.saveKeepJob({ ...over, outputs: [], expiresAt: now + defaultSettings.media.keptMs });
    const payer = newAccount({ id: 'acc_payer', balanceMicros: 1_000_000 });
    await store.putAccount(payer);
    const unfinished = [waiting.id];
    for (let count = 0; count < 2; count += 1) {
      const money = { priceMicros: 1, day: budgetDayOf(now), reason: 'reserved' } as const;
      const paid = newTask({ ...dates, accountId: payer.id, isUncounted: true, money });
      unfinished.push(paid.id);
      await store.createTask({ task: paid, input: '{}', account: payer });
    }
    const secrets = [newSecret('v1', () => randomSource.secret(), now)];
    const endpoint = {
      accountId: account.id,
      url: 'https://app.example',
      headers: {},
      shape: 'event',
      secrets,
    } as const;
    const laneId = `we_${randomSource.id()}`;
    await store.createEndpoint({ ...endpoint, id: laneId, createdAt: now, updatedAt: now, version: 1 });
    await store.saveSigning({ accountId: account.id, secrets, version: 1 });
    const [logged] = await store.readEvents(account.id, { position: 0, id: '' }, 1);
    if (!logged) throw new Error('the end of the task left no event');
    const delivery = newDelivery({ logged, laneId, now, expiresAt: now + HOUR_MS });
    await store.addDelivery(delivery);
    await store.enqueue(delivery);
    await store.noteDeliveries(logged, [{ laneId, id: delivery.id }]);
    const lane = { laneId, accountId: account.id, holderId: 'holder', leaseMs: 1_000 };
    const claim = await store.claimLane(lane);
    if (claim.kind !== 'claimed-by-us') throw new Error(claim.kind);
    const late = { ...claim.lane, undeliveredSince: now };
    await store.releaseLane({ before: claim.lane, lane: late, wanted: claim.wanted, holderId: lane.holderId });
    await faultsOf(new DynamoTable(table)).recordFaults([{ messageId: 'm', receiveCount: 1, error: new Error('why') }]);
    await placesOf(new DynamoTable(table)).take('pool', 1, 1_000);
    const actor = { kind: 'command-line', principal: 'me' } as const;
    const entry = { id: randomSource.id(), at: now, actor, action: 'gate.pause', outcome: 'done' } as const;
    await auditLogOf(new DynamoTable(table), settings.audit).write(entry);
    await acknowledgementsOf(new DynamoTable(table)).write('Settle/Spend', { by: 'me', at: now, since: now }, {});

    await store.createJob(newJob(1, { accountId: account.id, createdAt: now, updatedAt: now }), [task.id], 1);
    await store.saveMutes({ side: 'own', accountId: account.id, mutes: [], version: 0 });

    const later = { now: () => now + HOUR_MS };
    await rollUpSpend({ spend: store, events: store, clock: later }, account.id, Infinity);

    const { Items: rows = [] } = await client.send(new ScanCommand({ TableName: TABLE, ConsistentRead: true }));
    const met = new Set<Kind>();
    for (const row of rows) {
      const name = `${row['pk']?.S} ${row['sk']?.S}`;
      const kind = kinds.find(([pattern]) => pattern.test(name))?.[1] ?? 'unknown';
      met.add(kind);
      const isOpen = kind === 'task' && row['ttl'] === undefined && unfinished.some((id) => name.includes(id));
      if (isOpen) continue;
      const kept = keptMs[kind];
      if (kept === null) {
        expect([name, row['ttl']]).toEqual([name, undefined]);
        continue;
      }
      expect([name, ttlFault(row['ttl']?.N, now)]).toEqual([name, undefined]);
      expect(Number(row['ttl']?.N), name).toBeGreaterThanOrEqual(Math.floor((now + kept) / 1_000));
      // The three times lie four days apart: a row with another's shows. An input outlives the latest end of its task.
      if (Object.values(retention).includes(kept) && kind !== 'input') {
        expect(Number(row['ttl']?.N), name).toBeLessThan((now + kept + 48 * HOUR_MS) / 1_000);
      }
    }
    const all = Object.keys(keptMs).filter((kind) => kind !== 'unknown' && kind !== 'ticketQueue');
    expect([...met].sort()).toEqual(all.sort());
    client.destroy();
  });
});
