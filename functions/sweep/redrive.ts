// What the sweep does with overdue events, lanes and outputs to keep: it sends their doorbell again and postpones their
// due, longer each time, so that it does not fill the queue while a stage works off a backlog. And how long the oldest of
// them waits.
import { parseDueEventId } from '../../core/contract/items.ts';
import { isOver } from '../../core/domain/media/keep-job.ts';
import { sendDoorbells } from '../../core/flows/send-doorbells.ts';
import type { KeepStore } from '../../core/ports/keep-store.ts';
import type { OutgoingDoorbell } from '../../core/contract/messages.ts';
import type { DueRow } from '../../core/ports/ports.ts';
import type { LaneStore, WebhookDue } from '../../core/ports/webhook-ports.ts';
import type { FlowPorts } from '../../core/ports/flow-ports.ts';

export interface RedrivePorts extends FlowPorts {
  readonly due: WebhookDue & Pick<LaneStore, 'oldestUndelivered' | 'loadLane'>;
  readonly kept: Pick<KeepStore, 'loadKeepJobs'>;
}

async function doorbellFor({ due }: RedrivePorts, row: DueRow): Promise<OutgoingDoorbell> {
  if (row.kind === 'event') {
    const { accountId, position, id: eventId } = parseDueEventId(row.id);
    const doorbell = { kind: 'event', accountId, position, eventId } as const;
    return { queue: 'deliver', doorbell, delayMs: 0, group: accountId };
  }
  if (row.kind === 'keep') return { queue: 'keep', doorbell: { kind: 'keep', taskId: row.id }, delayMs: 0 };
  if (row.kind === 'job') {
    // Its account is not in the index; five jobs of one run at most, so their own groups share the queue as fairly.
    return { queue: 'jobs', doorbell: { kind: 'job', jobId: row.id }, delayMs: 0, group: row.id };
  }
  const accountId = (await due.loadLane(row.id))?.accountId ?? '';
  return { queue: 'deliver', doorbell: { kind: 'lane', laneId: row.id, accountId }, delayMs: 0, group: accountId };
}

/** A quarter of an hour: a doorbell that was really lost is sent again by then. */
const WAIT_DOUBLINGS_COUNT_MAX = 4;

/**
 * When to send a doorbell for the same row again: twice as late each time, because a doorbell without an effect more
 * often waits in a long queue than was lost, and every further one makes that queue longer.
 */
function waitMs(times: number, graceMs: number): number {
  return graceMs * 2 ** Math.min(times - 1, WAIT_DOUBLINGS_COUNT_MAX);
}

/** @returns whether its doorbell should have arrived before; undefined when the row has moved on meanwhile. */
export async function redrive(ports: RedrivePorts, row: DueRow): Promise<{ readonly isRepair: boolean } | undefined> {
  const message = await doorbellFor(ports, row);
  const now = ports.clock.now();
  const postponed = await ports.due.postpone(row, (times) => now + waitMs(times, ports.settings.graceMs));
  if (!postponed) return undefined;
  await sendDoorbells(ports, [message]);
  return { isRepair: postponed.by === 'doorbell' };
}

/** What a sweep found. */
export interface Overdue {
  readonly rows: DueRow[];
  /** When the ends of tasks were whose events no receiver's lane has yet. */
  readonly ends: number[];
}

/** Reports the longest wait of any webhook: in a lane, or as an event that no lane has yet. */
export async function measureUndelivered(ports: RedrivePorts, { rows, ends }: Overdue): Promise<void> {
  const oldest = await ports.due.oldestUndelivered();
  const events = rows.filter(({ kind }) => kind === 'event').map(({ id }) => parseDueEventId(id).position);
  const since = [...events, ...ends].reduce((first, at) => Math.min(first, at), oldest ?? Number.POSITIVE_INFINITY);
  const ageSeconds = Number.isFinite(since) ? Math.max(0, (ports.clock.now() - since) / 1_000) : 0;
  ports.metrics.emit({ values: { OldestUndelivered: ageSeconds } });
}

/** Keep jobs that one sweep reads for their age. */
const AGED_JOBS_MAX = 100;

/**
 * Reports the age of the oldest outputs that are still not kept, of those whose keeping is overdue: no try may ever have
 * been made. The keep stage reports the age of those whose tries fail.
 * @param overdue every row that this sweep found.
 */
export async function measureUnkept({ kept, clock, metrics }: RedrivePorts, overdue: readonly DueRow[]): Promise<void> {
  // Ids are in the order of their time.
  const ids = overdue.flatMap(({ kind, id }) => (kind === 'keep' ? [id] : [])).sort();
  if (ids.length === 0) return;
  const jobs = await kept.loadKeepJobs(ids.slice(0, AGED_JOBS_MAX));
  const unkept = jobs.filter((job) => !job.isErased && !isOver(job));
  if (unkept.length === 0) return;
  const since = Math.min(...unkept.map(({ endedAt }) => endedAt));
  metrics.emit({ values: { OldestUnkept: (clock.now() - since) / 1_000 } });
}
