// Reads what a round of allocation needs: the accounts that wait at the gate, which of their models may be served,
// and the tasks at the head of the queues whose turn it may be. However many wait, a round reads a bounded part of
// them. fair-queue.ts chooses among them.
import { modelAllowance } from '../domain/gate/circuit.ts';
import { queuesInTurn } from '../domain/gate/fair-queue.ts';
import { formatQueueKey } from '../domain/task/slot.ts';
import type { ModelHealth } from '../domain/gate/circuit.ts';
import type { GateView } from '../domain/gate/gate-view.ts';
import type { Task } from '../domain/task/task.ts';
import type { QueueKey } from '../domain/task/slot.ts';
import type { FlowPorts } from '../ports/flow-ports.ts';
import type { QueuedTicket, TicketName } from '../ports/ticket-store.ts';

/** Accounts whose queues are read for one round. When more wait, each round reads different ones. */
const ACCOUNTS_READ_MAX = 80;
/** Failing models: up to this many are read in one query; of more, only those for which tasks wait. */
const MODELS_READ_MAX = 200;
/** Rows that DynamoDB reads in one batch, and batches that are read to find queues that may be served. */
const BATCH_MAX = 100;
const MODEL_BATCHES_MAX = 5;
/** Queues whose heads are read for one round. When there are more, they take turns over several rounds. */
const QUEUES_READ_MAX = 24;
/**
 * Accounts whose heads are read beside one for each free slot: those in front are served next, and a few may have just
 * lost theirs. Each head costs two reads, and at a full gate a single slot is free at most times.
 */
const ACCOUNTS_SPARE = 2;

/** Tickets of one queue that are read where some were met that no task holds. */
const DEEP_TICKETS = 25;

/** The accounts that wait at a gate; no model yet. */
export async function readWaiting(ports: FlowPorts, gateId: string): Promise<Omit<GateView, 'gate'>> {
  const listing = await ports.store.listQueues(gateId, ACCOUNTS_READ_MAX, ports.randomSource.random());
  const queues = new Map(listing.queues.map((account) => [account.accountId, account]));
  return { queues, isWhole: listing.isWhole, models: new Map() };
}

/** A view of a gate of which nothing but its own row was read. */
export const unreadQueues: Omit<GateView, 'gate'> = { queues: new Map(), isWhole: false, models: new Map() };

export interface Heads {
  readonly models: ReadonlyMap<string, ModelHealth>;
  /** Tasks that may be served, by id. Those past their deadline are left to the sweep. */
  readonly tasks: ReadonlyMap<string, Task>;
  /** True when further tasks wait that were not read, or some left their queue between the read of the queue and the read of its tasks. */
  readonly isPart: boolean;
  /** Tickets that their tasks no longer hold: to be removed. */
  readonly stale: readonly QueuedTicket[];
}

const noHeads: Heads = { models: new Map(), tasks: new Map(), isPart: false, stale: [] };

export interface HeadsWanted {
  /** Slots that may be given. */
  readonly free: number;
  /** Models of the tasks that ask the gate for a slot right now. */
  readonly arriving: readonly string[];
  /** True after a round that found no task to serve: then more accounts than slots are read. */
  readonly isWide: boolean;
  /** True after a round that met tickets which no task holds: then more of each queue is read than there are slots. */
  readonly isDeep?: boolean;
  /** Tasks that are just being granted their slots, and may still be at the heads of their queues. */
  readonly served?: readonly TicketName[];
}

/** The heads of the queues whose turn it may be. */
export async function readHeads(
  ports: FlowPorts,
  view: GateView,
  { free, arriving, isWide, isDeep = false, served = [] }: HeadsWanted,
): Promise<Heads> {
  const gateId = view.gate.id;
  const accountsMax = isWide ? QUEUES_READ_MAX : free + ACCOUNTS_SPARE;
  const max = isDeep ? Math.max(free, DEEP_TICKETS) : free;
  const inTurn = free > 0 ? queuesInTurn(view, ports.settings.gate, ports.randomSource.random()) : [];
  if (inTurn.length === 0 && arriving.length === 0) return noHeads;
  const read = (queues: readonly QueueKey[]): Promise<readonly (readonly QueuedTicket[])[]> =>
    Promise.all(queues.map((queue) => readTickets(ports, gateId, { queue, served, max })));
  // Mostly all of their models may be served, and then nothing is left to read.
  const first = foremost(inTurn, accountsMax);
  const [{ models, servable }, firstHeads] = await Promise.all([
    findServable(ports, gateId, inTurn, arriving),
    read(first),
  ]);
  const queues = foremost(servable, accountsMax);
  const further = await read(queues.filter((queue) => !first.includes(queue)));
  const heads = [...firstHeads.filter((_head, index) => queues.some((queue) => queue === first[index])), ...further];
  const tickets = inRows(heads).slice(0, BATCH_MAX);
  const now = ports.clock.now();
  const tasksRead = tickets.length > 0 ? await ports.store.loadTasks(tickets.map(({ taskId }) => taskId)) : [];
  const standing = tasksRead.filter((task) => task.ticket);
  const tasks = new Map(standing.filter((task) => now < task.deadlineAt).map((task) => [task.id, task]));
  const isPart = servable.length > queues.length || !view.isWhole;
  return { models, tasks, isPart: isPart || standing.length < tickets.length, stale: staleOf(tickets, tasksRead) };
}

/**
 * A transaction's rows become visible one by one: of a task that is older than its ticket nothing is known yet. One that is gone,
 * or can no longer be read, takes no ticket again.
 */
function staleOf(tickets: readonly QueuedTicket[], tasks: readonly Task[]): readonly QueuedTicket[] {
  const known = new Map(tasks.map((task) => [task.id, task]));
  return tickets.filter(({ taskId, version }) => {
    const task = known.get(taskId);
    return !task || (task.version >= version && task.ticket?.version !== version);
  });
}

interface TicketsWanted {
  readonly queue: QueueKey;
  readonly served: readonly TicketName[];
  readonly max: number;
}

async function readTickets(
  { store }: FlowPorts,
  gateId: string,
  { queue, served, max }: TicketsWanted,
): Promise<readonly QueuedTicket[]> {
  const key = formatQueueKey(queue);
  const gone = served.filter((ticket) => formatQueueKey(ticket) === key);
  const tickets = await store.tickets(gateId, queue, max + gone.length);
  return tickets.filter((ticket) => !gone.some((one) => isSame(one, ticket))).slice(0, max);
}

function isSame(one: TicketName, other: TicketName): boolean {
  return one.taskId === other.taskId && one.version === other.version;
}

/**
 * The queues of the first accounts, with all of their models: which task of an account is next shows only when the heads of
 * all its queues are read.
 */
function foremost(inTurn: readonly QueueKey[], accountsMax: number): readonly QueueKey[] {
  const accounts = new Set([...new Set(inTurn.map(({ accountId }) => accountId))].slice(0, accountsMax));
  return inTurn.filter(({ accountId }) => accounts.has(accountId)).slice(0, QUEUES_READ_MAX);
}

/** The first of each queue, then the second of each: a long queue hides no other. */
function inRows(heads: readonly (readonly QueuedTicket[])[]): readonly QueuedTicket[] {
  const longest = Math.max(0, ...heads.map(({ length }) => length));
  return Array.from({ length: longest }, (_, place) => heads.flatMap((head) => head[place] ?? [])).flat();
}

interface Servable {
  readonly models: ReadonlyMap<string, ModelHealth>;
  readonly servable: readonly QueueKey[];
}

/** The queues whose models may have a slot now, in their order; no task of a model with an open circuit is read. */
async function findServable(
  ports: FlowPorts,
  gateId: string,
  inTurn: readonly QueueKey[],
  arriving: readonly string[],
): Promise<Servable> {
  const now = ports.clock.now();
  const mayBe = (known: ReadonlyMap<string, ModelHealth>, queues: readonly QueueKey[]): readonly QueueKey[] =>
    queues.filter(({ model }) => modelAllowance(known.get(model), now) > 0);
  // After the gate: rows that are older than its counts of probes would allow a circuit one probe more.
  const listing = await ports.store.listModels(gateId, MODELS_READ_MAX);
  if (listing.isWhole) return { models: listing.models, servable: mayBe(listing.models, inTurn) };
  // Hundreds of models fail: read only those for which tasks wait.
  const models = new Map(await ports.store.loadModels(gateId, [...new Set(arriving)]));
  const servable: QueueKey[] = [];
  for (let batch = 0; batch < MODEL_BATCHES_MAX && servable.length <= QUEUES_READ_MAX; batch += 1) {
    const queues = inTurn.slice(batch * BATCH_MAX, (batch + 1) * BATCH_MAX);
    if (queues.length === 0) break;
    const wanted = [...new Set(queues.map(({ model }) => model))].filter((model) => !models.has(model));
    for (const [model, health] of await ports.store.loadModels(gateId, wanted)) models.set(model, health);
    servable.push(...mayBe(models, queues));
  }
  return { models, servable };
}
