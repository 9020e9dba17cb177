// Every minute: finds everything that is overdue and moves it on, allocates the slots of every gate, and reports their
// state.
// It repairs by the same event that a doorbell would have brought, so a second sweep at the same time does no harm:
// the loser of each commit finds nothing left to do.
import { RelayError } from '../../core/domain/relay-error.ts';
import { HOUR_MS, MINUTE_MS } from '../../core/domain/time-ms.ts';
import { inFlight, isStopped, slotLimit } from '../../core/domain/gate/gate.ts';
import { waitingTasks } from '../../core/domain/gate/gate-view.ts';
import { nextVisit } from '../../core/domain/task/open-ends.ts';
import { measureUndelivered, measureUnkept, redrive } from './redrive.ts';
import { applyEvent } from '../../core/flows/apply-event.ts';
import { performEffects } from '../../core/flows/perform-effects.ts';
import { allocateSlots } from '../../core/flows/allocate-slots.ts';
import { forgetWellModels } from '../../core/flows/learn-outcomes.ts';
import { recountSlots } from '../../core/flows/recount-slots.ts';
import { viewGate } from '../../core/flows/view-gate.ts';
import type { Gate } from '../../core/domain/gate/gate.ts';
import type { GateView } from '../../core/domain/gate/gate-view.ts';
import type { DamagedTaskStore, DueIndex, DueRow } from '../../core/ports/ports.ts';
import type { LeaseStore } from '../../core/ports/lease-store.ts';
import type { Overdue, RedrivePorts } from './redrive.ts';

export interface SweepPorts extends RedrivePorts {
  readonly due: DueIndex & RedrivePorts['due'] & DamagedTaskStore & LeaseStore;
}

export interface SweepReport {
  /** Rows moved on. */
  readonly moved: number;
  /** Those among them whose doorbell should have arrived and did not. */
  readonly repairs: number;
  readonly failures: number;
  /** Seconds that the most overdue row was late; 0 for none. */
  readonly overdueSeconds: number;
  /** False when the time ran out before the backlog was empty. */
  readonly isDone: boolean;
}

/** Rows of one shard taken in one step; a step is bounded so that a backlog of any size is worked off evenly. */
const STEP_ROWS = 50;
/** Rows of one shard processed at once. More would make a slow store slower for all its users. */
const ROWS_AT_ONCE = 4;
/** All waiting accounts are counted; of failing models, as many as one page holds. */
const wholeGate = { accountsMax: Number.POSITIVE_INFINITY, modelsMax: 5_000 };

/**
 * @param stopAt when to start no further step: some seconds before the function's own end.
 * @throws RelayError from the store when a shard or the list of gates could not be read; the others are handled first.
 */
export async function sweep(ports: SweepPorts, stopAt: number): Promise<SweepReport> {
  const overdue: Overdue = { rows: [], ends: [] };
  const shardSweeps = Array.from({ length: ports.due.shards }, (_, shard) => sweepShard(ports, shard, stopAt, overdue));
  const shards = await Promise.allSettled(shardSweeps);
  // Only now: until it is ended, a task past its deadline is ahead of others at the gate.
  const reviews = await Promise.allSettled([
    reviewGates(ports, stopAt),
    measureUndelivered(ports, overdue),
    measureUnkept(ports, overdue.rows),
  ]);
  const broken = [...shards, ...reviews].find(({ status }) => status === 'rejected');
  // No heartbeat then: a quiet alarm must mean that every row was checked.
  if (broken?.status === 'rejected') throw broken.reason;
  const reports = shards.flatMap((shard) => (shard.status === 'fulfilled' ? [shard.value] : []));
  const report = reports.reduce((sum, shard) => ({
    moved: sum.moved + shard.moved,
    repairs: sum.repairs + shard.repairs,
    failures: sum.failures + shard.failures,
    overdueSeconds: Math.max(sum.overdueSeconds, shard.overdueSeconds),
    isDone: sum.isDone && shard.isDone,
  }));
  ports.metrics.emit({
    values: { SweepRuns: 1, SweepRepairs: report.repairs, OverdueAge: report.overdueSeconds },
  });
  return report;
}

interface Tally {
  moved: number;
  repairs: number;
  failures: number;
  overdueSeconds: number;
}

interface Notes {
  readonly tally: Tally;
  readonly overdue: Overdue;
}

/** @param overdue receives every row that was found. */
async function sweepShard(ports: SweepPorts, shard: number, stopAt: number, overdue: Overdue): Promise<SweepReport> {
  const tally: Tally = { moved: 0, repairs: 0, failures: 0, overdueSeconds: 0 };
  // The index lags behind the rows: an id that was just moved on may show again, and is not tried twice.
  const seen = new Set<string>();
  let known = 0;
  while (ports.clock.now() < stopAt) {
    // Known ones come first, being the oldest: reading as many more means reading past them.
    const limit = STEP_ROWS + known;
    const found = await ports.due.overdue(shard, ports.clock.now(), limit);
    const fresh = found.filter((row) => !seen.has(nameOf(row)));
    if (fresh.length === 0 && found.length < limit) return { ...tally, isDone: true };
    known = found.length - fresh.length;
    for (const row of fresh) seen.add(nameOf(row));
    overdue.rows.push(...fresh);
    await bringAllForward(ports, fresh, stopAt, { tally, overdue });
  }
  return { ...tally, isDone: false };
}

/** A task and the keeping of its outputs have the same id. */
function nameOf({ kind, id }: DueRow): string {
  return `${kind} ${id}`;
}

async function bringAllForward(
  ports: SweepPorts,
  rows: readonly DueRow[],
  stopAt: number,
  notes: Notes,
): Promise<void> {
  const left = [...rows];
  const work = async (): Promise<void> => {
    for (let row = left.shift(); row && ports.clock.now() < stopAt; row = left.shift()) {
      await bringForward(ports, row, notes);
    }
  };
  await Promise.all(Array.from({ length: ROWS_AT_ONCE }, work));
}

interface Moved {
  /** Whether its doorbell should have arrived before. */
  readonly isRepair: boolean;
  readonly dueAt?: number | undefined;
  /** When those of its ends were whose events it has announced again. */
  readonly openEnds?: readonly number[];
}

async function bringForward(ports: SweepPorts, row: DueRow, { tally, overdue }: Notes): Promise<void> {
  try {
    const moved = await moverOf(ports, row);
    if (!moved) return;
    tally.moved += 1;
    if (moved.isRepair) tally.repairs += 1;
    overdue.ends.push(...(moved.openEnds ?? []));
    tally.overdueSeconds = Math.max(tally.overdueSeconds, (ports.clock.now() - (moved.dueAt ?? row.dueAt)) / 1_000);
  } catch (error) {
    // One row that cannot be moved on must not block the others: the next sweep tries it again.
    tally.failures += 1;
    ports.log.error('An overdue row could not be brought forward', { kind: row.kind, id: row.id, error });
  }
}

function moverOf(ports: SweepPorts, row: DueRow): Promise<Moved | undefined> {
  if (row.kind === 'task') return bringTaskForward(ports, row.id);
  return row.kind === 'lease' ? endLease(ports, row.id) : redrive(ports, row);
}

/** Nothing is sent for a lease of money, so that it is no repair. */
async function endLease({ due }: SweepPorts, id: string): Promise<Moved | undefined> {
  const [accountId = '', holderId = ''] = id.split('#');
  return (await due.returnLease(accountId, holderId)) ? { isRepair: false } : undefined;
}

async function bringTaskForward(ports: SweepPorts, taskId: string): Promise<Moved | undefined> {
  try {
    const applied = await applyEvent(ports, taskId, { type: 'due-passed' });
    if (applied.kind !== 'changed') return undefined;
    const { before, after, effects } = applied;
    // Its time has not come: the sweep found it early, and will find it again in time.
    if (before.due === after.due && before.openEnds === after.openEnds) return undefined;
    await performEffects(ports, effects, after);
    // The index may have named an earlier time than the task itself.
    const visit = nextVisit(before);
    const openEnds = effects.flatMap((effect) => (effect.type === 'announce-end' ? [effect.at] : []));
    return { isRepair: visit?.by === 'doorbell', dueAt: visit?.at, openEnds };
  } catch (error) {
    if (!(error instanceof RelayError) || error.code !== 'task-damaged') throw error;
    await setAside(ports, taskId, error);
    return undefined;
  }
}

/** Counts a damaged row and checks it again in an hour: until an operator ends it, there is nothing to do. */
async function setAside(ports: SweepPorts, taskId: string, error: RelayError): Promise<void> {
  const damaged = await ports.due.loadDamaged(taskId);
  if (!damaged) throw error;
  await ports.due.setAside(damaged, ports.clock.now() + HOUR_MS);
  ports.metrics.emit({ values: { TasksDamaged: 1 }, properties: { taskId } });
  ports.log.error('The row of a task is damaged and is set aside', { taskId, broken: damaged.broken });
}

/** The minute of each hour in which slots are counted: not the first, when others begin their hourly work. */
const RECOUNT_MINUTE = 17;

async function reviewGates(ports: SweepPorts, stopAt: number): Promise<void> {
  const gateIds = await ports.store.gateIds();
  const isRecountDue = Math.floor((ports.clock.now() % HOUR_MS) / MINUTE_MS) === RECOUNT_MINUTE;
  await Promise.all(gateIds.map((gateId) => reviewGate(ports, gateId)));
  if (isRecountDue) await Promise.all(gateIds.map((gateId) => recountGate(ports, gateId, stopAt)));
}

/** Corrects nothing: a difference shows a bug, and an operator decides (`relay gate recount`). */
async function recountGate(ports: SweepPorts, gateId: string, stopAt: number): Promise<void> {
  try {
    const found = await recountSlots(ports, gateId, stopAt);
    if (!found) ports.log.warn('The slots of a gate were not counted: the time ran out', { gateId });
    for (const { name, counted, held, amount } of found?.differences ?? []) {
      ports.metrics.emit({ values: { SlotsMiscounted: Math.abs(amount) }, properties: { gateId } });
      ports.log.error('A gate counts other slots than its tasks hold', { gateId, name, counted, held, amount });
    }
  } catch (error) {
    ports.log.error('The slots of a gate could not be counted', { gateId, error });
  }
}

async function reviewGate(ports: SweepPorts, gateId: string): Promise<void> {
  try {
    await allocateSlots(ports, gateId, {});
    const view = await viewGate(ports.store, gateId, wholeGate);
    ports.metrics.emit({ values: gateValues(view, ports.clock.now()), properties: { gateId } });
    await forgetWellModels(ports, gateId, view.models);
  } catch (error) {
    ports.log.error('The slots of a gate could not be allocated', { gateId, error });
  }
}

function gateValues(view: GateView, now: number): Record<string, number> {
  const { gate, models } = view;
  return {
    SlotsInUse: inFlight(gate),
    SlotsLimit: slotLimit(gate),
    TasksWaiting: waitingTasks(view),
    GatePause: pauseNumber(gate, now),
    CircuitsOpen: [...models.values()].filter(({ circuit }) => circuit !== undefined).length,
  };
}

/** The most severe reason counts: an operator must correct a refused account, and resume what an operator paused. */
function pauseNumber(gate: Gate, now: number): number {
  const { pause } = gate;
  if (pause?.reason === 'account') return 3;
  if (isStopped(gate, now)) return 2;
  return pause ? 1 : 0;
}
