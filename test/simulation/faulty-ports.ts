// The ports of one function run over the world's memory adapters: every call goes through the invocation, which may slow
// it, fail it or die of it. The adapters themselves work; only the way to them and back fails.
import { RelayError } from '../../core/domain/relay-error.ts';
import { sortPollAnswer, sortSubmitAnswer } from '../../core/adapters/get3w-provider.ts';
import { FixedRandomSource } from '../support/memory/fixed-random-source.ts';
import { MemoryInputs } from '../support/memory/memory-inputs.ts';
import { MemoryPlaces } from '../support/memory/memory-places.ts';
import type { KeepStore } from '../../core/ports/keep-store.ts';
import type {
  AccountStore,
  Commit,
  CommitResult,
  DuePage,
  DueRow,
  GateStore,
  PollAnswer,
  Provider,
  SubmitAnswer,
  TaskCreation,
  TaskStore,
  TaskListing,
} from '../../core/ports/ports.ts';
import type { KeptBooks } from './kept-books.ts';
import type { KeptFiles } from './kept-files.ts';
import type { Gate } from '../../core/domain/gate/gate.ts';
import type { Places } from '../../core/ports/places.ts';
import type { ErasureStore } from '../../core/ports/erasure-port.ts';
import type { DeliveryKey, EventPlace } from '../../core/ports/webhook-ports.ts';
import type { EventKey } from '../../core/domain/webhook/outbox-event.ts';
import type { SweepPorts } from '../../functions/sweep/flow.ts';
import type { MemoryStore } from '../support/memory/memory-store.ts';
import type { Auditor } from './auditor.ts';
import type { Faults } from './faults.ts';
import type { Get3wModel, Reply } from './get3w-model.ts';
import type { WorldPorts } from './host.ts';
import type { Invocation } from './invocation.ts';
import type { SqsModel } from './sqs-model.ts';
import type { VirtualTime } from './virtual-time.ts';
import type { WorldPlan } from './world-plan.ts';
import type { TicketStore } from '../../core/ports/ticket-store.ts';

interface WorldParts {
  readonly plan: WorldPlan;
  readonly time: VirtualTime;
  readonly faults: Faults;
  readonly store: MemoryStore;
  readonly auditor: Auditor;
  readonly files: KeptFiles;
  readonly books: KeptBooks;
  readonly sqs: () => SqsModel;
  readonly get3w: () => Get3wModel;
}

type Store = TaskStore & TaskCreation & GateStore & TaskListing & AccountStore & KeepStore;

/** What any process has read of a gate, others remember, and for ever: no memory is as old as this. */
type SeenGates = Map<string, Gate>;
/** So many runs share what they have seen, before one is by a new process. */
const NEW_PROCESS_EACH = 3;

/** Two shards in place of eight: each is a read per sweep, and sweeps are what long worlds are made of. */
const SHARDS = 2;

/** @returns what makes the ports of each invocation of this world. */
export function makePortsFor(parts: WorldParts): (invocation: Invocation) => WorldPorts {
  const { plan, time, auditor } = parts;
  const randomSource = new FixedRandomSource(plan.seed + 1, time);
  const staleRows = new Map<number, readonly DueRow[]>();
  const places = new MemoryPlaces(time);
  const seenGates: SeenGates = new Map();
  let started = 0;
  // No task of these worlds has a long input.
  const inputs = new MemoryInputs();
  return (invocation) => {
    started += 1;
    const seen = started % NEW_PROCESS_EACH === 0 ? new Map<string, Gate>() : seenGates;
    const store = storeOf({ ...parts, seenGates: seen }, invocation);
    return {
      store,
      accounts: store,
      listing: store,
      kept: store,
      ...erasingOf(parts, invocation),
      handing: handingOf(parts, invocation),
      source: parts.files.sourceFor(invocation, plan.settings.media.outputBytesMax),
      bucket: parts.files.bucketFor(invocation),
      relayUrl: 'https://relay.example',
      inputs,
      signer: { sign: (key) => Promise.resolve(`https://bucket.example/${key}`) },
      places: placesOf(places, invocation),
      prices: { table: () => plan.prices },
      leases: { leased: async () => ({}) },
      due: dueOf(parts, invocation, staleRows),
      doorbells: {
        send: (outgoing) =>
          invocation.call('send', { kind: 'other', apply: async () => ({ failed: parts.sqs().send(outgoing) }) }),
      },
      clock: {
        now: () => invocation.now(),
        sleep: (delayMs) => invocation.call('sleep', { kind: 'other', delayMs, apply: () => Promise.resolve() }),
      },
      randomSource,
      metrics: { emit: (line) => auditor.measured(line) },
      log: {
        info: () => undefined,
        warn: (_message, fields) => auditor.heard(fields?.['error']),
        error: (_message, fields) => auditor.heard(fields?.['error']),
      },
      settings: plan.settings,
      provider: providerOf(parts, invocation),
      callbacksUrl: 'https://relay.example/callbacks/get3w/stack',
    };
  };
}

function placesOf(places: MemoryPlaces, invocation: Invocation): Places {
  return {
    take: (pool, placesMax, leaseMs) =>
      invocation.call('take place', { kind: 'write', apply: () => places.take(pool, placesMax, leaseMs) }),
    isFull: (pool, placesMax) =>
      invocation.call('look at places', { kind: 'read', apply: () => places.isFull(pool, placesMax) }),
    renew: (place, leaseMs) =>
      invocation.call('renew place', { kind: 'write', apply: () => places.renew(place, leaseMs) }),
    giveBack: (place) => invocation.call('give place back', { kind: 'write', apply: () => places.giveBack(place) }),
  };
}

function keepStoreOf({ store, books }: WorldParts, invocation: Invocation): KeepStore {
  const read = <Value>(what: string, apply: () => Promise<Value>) => invocation.call(what, { kind: 'read', apply });
  return {
    loadKeepJob: (id) => read('loadKeepJob', () => store.loadKeepJob(id)),
    loadKeepJobs: (ids) => read('loadKeepJobs', () => store.loadKeepJobs(ids)),
    saveKeepJob: (job, written) =>
      invocation.call('saveKeepJob', {
        kind: 'write',
        apply: async () => {
          const saved = await store.saveKeepJob(job, written);
          if (saved) books.saved(saved);
          return saved;
        },
      }),
    removeKeepJob: (id) =>
      invocation.call('removeKeepJob', {
        kind: 'write',
        apply: async () => {
          await store.removeKeepJob(id);
          books.removed(id);
        },
      }),
  };
}

/** No account here has a receiver: deliver finds none, and the event is handed on at once. */
function handingOf({ store }: WorldParts, invocation: Invocation): WorldPorts['handing'] {
  return {
    loadEvent: (key) => invocation.call('loadEvent', { kind: 'read', apply: () => store.loadEvent(key) }),
    loadReceivers: (id) => invocation.call('loadReceivers', { kind: 'read', apply: () => store.loadReceivers(id) }),
    guardEvent: (stored, eventFence) => store.guardEvent(stored, eventFence),
    noteDeliveries: () => Promise.resolve(),
    closeEvent: (logged) => invocation.call('closeEvent', { kind: 'write', apply: () => store.closeEvent(logged) }),
  };
}

/** Events that are due by themselves are not swept here: to an erasure each of them is in all of its lanes. */
function erasingOf({ store, books }: WorldParts, invocation: Invocation) {
  const read = <Value>(what: string, apply: () => Promise<Value>) => invocation.call(what, { kind: 'read', apply });
  const write = <Value>(what: string, apply: () => Promise<Value>) => invocation.call(what, { kind: 'write', apply });
  const webhooks = {
    deliveriesOfTask: (id: string) => read('deliveriesOfTask', () => store.deliveriesOfTask(id)),
    loadDeliveries: (keys: readonly DeliveryKey[]) => read('loadDeliveries', () => store.loadDeliveries(keys)),
    readEvents: (accountId: string, after: EventPlace, limit: number) =>
      read('readEvents', () => store.readEvents(accountId, after, limit)),
    loadEvent: async (key: EventKey) => {
      const event = await read('loadEvent', () => store.loadEvent(key));
      return event && { ...event, isClosed: true };
    },
  };
  const erasures: ErasureStore = {
    markErased: (task, contents, erasedAt) => write('markErased', () => store.markErased(task, contents, erasedAt)),
    removeContents: (taskId, contents) =>
      write('removeContents', async () => {
        await store.removeContents(taskId, contents);
        if (await store.loadKeepJob(taskId)) books.erased(taskId);
      }),
  };
  const caller = { call: unexpected, judge: unexpected };
  return {
    webhooks: webhooks as unknown as WorldPorts['webhooks'],
    erasures,
    spend: spendOf(store, invocation),
    caller,
  };
}

function unexpected(): Promise<never> {
  return Promise.reject(new Error('no function of these worlds calls a receiver'));
}

function spendOf(store: MemoryStore, invocation: Invocation): WorldPorts['spend'] {
  const call = <Value>(kind: 'read' | 'write', apply: () => Promise<Value>) =>
    invocation.call('spend', { kind, apply });
  return {
    loadSpendPlace: (id) => call('read', () => store.loadSpendPlace(id)),
    addSpend: (move) => call('write', () => store.addSpend(move)),
    listSpend: (id, from, to) => call('read', () => store.listSpend(id, from, to)),
    newestSpend: (id, days, rowsMax) => call('read', () => store.newestSpend(id, days, rowsMax)),
  };
}

function listingOf(store: TaskListing, invocation: Invocation): TaskListing {
  const read = <Value>(what: string, apply: () => Promise<Value>) => invocation.call(what, { kind: 'read', apply });
  return {
    listFailed: (filter) => read('listFailed', () => store.listFailed(filter)),
    countTasks: (filter) => read('countTasks', () => store.countTasks(filter)),
    listTasks: (query) => read('listTasks', () => store.listTasks(query)),
    cursorAfter: (query, taskId) => store.cursorAfter(query, taskId),
  };
}

type Read = <Value>(what: string, apply: () => Promise<Value>) => Promise<Value>;
type StoreParts = WorldParts & { readonly seenGates: SeenGates };

function gateReadsOf(
  { store, seenGates }: StoreParts,
  read: Read,
): Pick<Store, 'loadGate' | 'loadPools' | 'recallGate'> {
  return {
    loadGate: async (id) => {
      const gate = await read('loadGate', () => store.loadGate(id));
      seenGates.set(id, gate);
      return gate;
    },
    loadPools: (id) => read('loadPools', () => store.loadPools(id)),
    recallGate: (id) => seenGates.get(id),
  };
}

function ticketsOf({ store }: StoreParts, invocation: Invocation): TicketStore {
  return {
    tickets: (gateId, queue, limit) =>
      invocation.call('tickets', { kind: 'read', apply: () => store.tickets(gateId, queue, limit) }),
    removeTickets: (gateId, tickets) =>
      invocation.call('removeTickets', { kind: 'write', apply: () => store.removeTickets(gateId, tickets) }),
  };
}

function storeOf(parts: StoreParts, invocation: Invocation): Store {
  const { store, faults, auditor, books } = parts;
  const read = <Value>(what: string, apply: () => Promise<Value>) => invocation.call(what, { kind: 'read', apply });
  /** The store refuses what no transaction could hold, as its adapter does: that is a mistake of the flow. */
  const committed = async (change: Commit): Promise<CommitResult> => {
    try {
      return await store.commit(change);
    } catch (error) {
      auditor.report(`the store was asked for the impossible: ${String(error)}`);
      return { kind: 'lost', taskIds: [], isGateLost: true };
    }
  };
  const commit = async (change: Commit): Promise<CommitResult> => {
    const taskIds = change.changes.map(({ after }) => after.id);
    if (faults.strikes('storeCollides')) return { kind: 'lost', taskIds, isGateLost: change.gate !== undefined };
    const result = await committed(change);
    if (result.kind === 'committed') {
      const gateId = change.gate?.before.id ?? change.changes[0]?.after.gateId;
      auditor.committed(
        change.changes.map(({ after }) => after),
        gateId && (await store.viewGate(gateId)),
        change.poolClaim !== undefined,
      );
      for (const { after } of change.changes) books.committed(after);
    }
    return result;
  };
  return {
    loadTask: (id) => read('loadTask', () => store.loadTask(id)),
    loadTasks: (ids) => read('loadTasks', () => store.loadTasks(ids)),
    loadErased: (id) => read('loadErased', () => store.loadErased(id)),
    loadInput: (id) => read('loadInput', () => store.loadInput(id)),
    ...gateReadsOf(parts, read),
    listQueues: (gateId, max, from) => read('listQueues', () => store.listQueues(gateId, max, from)),
    loadQueues: (gateId, accountId) => read('loadQueues', () => store.loadQueues(gateId, accountId)),
    tidyQueues: (gateId, queues) =>
      invocation.call('tidyQueues', { kind: 'write', apply: () => store.tidyQueues(gateId, queues) }),
    listModels: (gateId, max) => read('listModels', () => store.listModels(gateId, max)),
    loadModels: (gateId, models) => read('loadModels', () => store.loadModels(gateId, models)),
    saveModel: (gateId, model, before, after) =>
      invocation.call('saveModel', { kind: 'write', apply: () => store.saveModel(gateId, model, before, after) }),
    ...ticketsOf(parts, invocation),
    gateIds: () => read('gateIds', () => store.gateIds()),
    ...keepStoreOf(parts, invocation),
    ...listingOf(store, invocation),
    findKey: (digest) => read('findKey', () => store.findKey(digest)),
    loadAccount: (id) => read('loadAccount', () => store.loadAccount(id)),
    findRepeat: (accountId, key) => read('findRepeat', () => store.findRepeat(accountId, key)),
    useRequests: (accountId, usedMs) =>
      invocation.call('useRequests', { kind: 'write', apply: () => store.useRequests(accountId, usedMs) }),
    noteKeyUse: (digest, hourAt) =>
      invocation.call('noteKeyUse', { kind: 'write', apply: () => store.noteKeyUse(digest, hourAt) }),
    createTask: (creation) =>
      invocation.call('createTask', {
        kind: 'write',
        apply: async () => {
          const result = await store.createTask(creation);
          if (result.kind === 'created') auditor.committed([creation.task]);
          return result;
        },
      }),
    commit: async (change) => {
      if (!change.isHasty || !faults.strikes('storeCollides')) {
        return invocation.call('commit', { kind: 'write', apply: () => commit(change) });
      }
      await invocation.call('commit collides', { kind: 'other', apply: () => Promise.resolve() });
      throw new RelayError('store-contended', 'Another writer was there first');
    },
  };
}

/** The index is read as it was some time ago, where that fault strikes. */
function dueOf(
  { store, faults }: WorldParts,
  invocation: Invocation,
  stale: Map<number, readonly DueRow[]>,
): SweepPorts['due'] {
  const perShard = Math.ceil(store.shards / SHARDS);
  const read = async (shard: number, now: number, limit: number): Promise<readonly DueRow[]> => {
    const remembered = stale.get(shard);
    if (remembered && faults.strikes('indexStale')) return remembered;
    // Rows of events and lanes, which are not swept here, must not hide the others: so all are read and filtered.
    const parts = Array.from({ length: perShard }, (_, index) =>
      store.overdue(shard * perShard + index, now, Number.POSITIVE_INFINITY),
    );
    const rows = (await Promise.all(parts)).flat().filter(({ kind }) => kind === 'task' || kind === 'keep');
    const found = rows.sort((a, b) => a.dueAt - b.dueAt).slice(0, limit);
    stale.set(shard, found);
    return found;
  };
  const all = async (shard: number, cursor?: string): Promise<DuePage> => {
    const part = Number(cursor ?? 0);
    const { rows } = await store.listDue(shard * perShard + part, Number.POSITIVE_INFINITY);
    return { rows, cursor: part + 1 < perShard ? String(part + 1) : undefined };
  };
  return {
    shards: SHARDS,
    // As it is now: a recount looks twice, further apart than the index lags.
    listDue: (shard, _limit, cursor) => invocation.call('listDue', { kind: 'read', apply: () => all(shard, cursor) }),
    overdue: (shard, now, limit) => invocation.call('overdue', { kind: 'read', apply: () => read(shard, now, limit) }),
    // Webhooks have a world of their own: here no event and no lane is ever found due.
    leased: async () => ({}),
    returnLease: async () => false,
    postpone: (row, untilOf) =>
      invocation.call('postpone', { kind: 'write', apply: () => store.postpone(row, untilOf) }),
    loadLane: async () => undefined,
    loadDamaged: async () => undefined,
    setAside: async () => {},
    oldestUndelivered: async () => undefined,
  };
}

/** Get3W over a network: the request goes out, the answer comes back, and each may take its time or be lost. */
function providerOf({ plan, faults, get3w, time }: WorldParts, invocation: Invocation): Provider {
  const { submitTimeoutMs } = plan.settings;
  const exchange = async (what: string, send: () => Reply): Promise<Reply> => {
    const reply = await invocation.call(what, { kind: 'other', apply: async () => send() });
    const isSilent = reply.kind === 'timeout';
    const answerMs = isSilent
      ? Number.POSITIVE_INFINITY
      : faults.strikes('answersSlow')
        ? faults.dice.between(1_000, 35_000)
        : faults.dice.between(1, 50);
    const delayMs = Math.min(answerMs, submitTimeoutMs);
    await invocation.call(`${what} answered`, { kind: 'other', delayMs, apply: () => Promise.resolve() });
    return answerMs > submitTimeoutMs ? { kind: 'timeout' } : reply;
  };
  const broken = (code: string) => ({ level: 'transport', code, text: code }) as const;
  return {
    submit: async (request): Promise<SubmitAnswer> => {
      const reply = await exchange('POST', () => get3w().receive(request));
      if (reply.kind === 'unreachable') return { kind: 'refused', failure: broken('unreachable') };
      if (reply.kind !== 'answer') return { kind: 'doubted', failure: broken(reply.kind) };
      const { status, text, retryAfter } = reply;
      return sortSubmitAnswer({ status, text, retryAfter }, time.now());
    },
    poll: async (upstreamId): Promise<PollAnswer> => {
      const reply = await exchange('GET', () => get3w().poll(upstreamId));
      if (reply.kind !== 'answer') return { kind: 'unknown', failure: broken(reply.kind) };
      const { status, text, retryAfter } = reply;
      return sortPollAnswer({ status, text, retryAfter });
    },
  };
}
