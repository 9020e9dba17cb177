// Receives doorbells, claims their tasks, acquires slots for them at the gate and submits one attempt of each to Get3W.
// The domain decides what happens to a task, the gate which task gets a slot; settle handles outcomes.
import { callbackDigest } from '../../core/domain/task/callback-token.ts';
import { isPausedFor } from '../../core/domain/gate/gate.ts';
import { isClaimable } from '../../core/domain/task/decide.ts';
import { limits } from '../../core/domain/limits.ts';
import { applyEvent } from '../../core/flows/apply-event.ts';
import { performEffects } from '../../core/flows/perform-effects.ts';
import { sendDoorbells } from '../../core/flows/send-doorbells.ts';
import { allocateSlots } from '../../core/flows/allocate-slots.ts';
import { takeTickets } from '../../core/flows/take-tickets.ts';
import { submitAttempt } from './submit-attempt.ts';
import type { Allocated } from '../../core/flows/allocate-slots.ts';
import type { ReceivedDoorbell } from '../../core/contract/messages.ts';
import type { FailedMessage } from '../../core/ports/message-faults.ts';
import type { Task } from '../../core/domain/task/task.ts';
import type { Claim, DispatchPorts } from './submit-attempt.ts';

/**
 * Serves a batch of doorbells.
 * @returns the messages that must be redelivered, because the relay itself failed for them, each with its cause.
 */
export async function serveDoorbells(
  ports: DispatchPorts,
  received: readonly ReceivedDoorbell[],
): Promise<readonly FailedMessage[]> {
  const failed = new Map<string, FailedMessage>();
  // Guarded work never throws: a failure must not end the batch while its other submits are still under way.
  const guard = async (messageIds: readonly string[], work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      ports.log.error('A doorbell could not be served and is redelivered', { messageIds, error });
      for (const messageId of messageIds) failed.set(messageId, { messageId, error });
    }
  };
  const { gates, tasks } = sortDoorbells(received);
  await Promise.all([
    ...[...gates].map(([gateId, ids]) => guard(ids, async () => void (await allocateSlots(ports, gateId, {})))),
    guard(
      [...tasks.values()].flatMap(({ messageIds }) => messageIds),
      async () => {
        const loaded = tasks.size > 0 ? await ports.store.loadTasks([...tasks.keys()]) : [];
        const current = loaded.filter((task) => tasks.get(task.id)?.attempts.has(task.attemptCount + 1));
        await serveTasks(ports, current, (group, work) =>
          guard(
            group.flatMap(({ id }) => tasks.get(id)?.messageIds ?? []),
            work,
          ),
        );
      },
    ),
  ]);
  return [...failed.values()];
}

/** The messages for one task, and every attempt that they are about: a stale one may arrive with the current one. */
interface TaskDoorbells {
  readonly messageIds: string[];
  readonly attempts: Set<number>;
}

function sortDoorbells(received: readonly ReceivedDoorbell[]): {
  gates: Map<string, string[]>;
  tasks: Map<string, TaskDoorbells>;
} {
  const gates = new Map<string, string[]>();
  const tasks = new Map<string, TaskDoorbells>();
  for (const { messageId, doorbell } of received) {
    if (doorbell.kind === 'gate') gates.set(doorbell.gateId, [...(gates.get(doorbell.gateId) ?? []), messageId]);
    if (doorbell.kind !== 'task') continue;
    const { messageIds, attempts } = tasks.get(doorbell.taskId) ?? { messageIds: [], attempts: new Set() };
    messageIds.push(messageId);
    tasks.set(doorbell.taskId, { messageIds, attempts: attempts.add(doorbell.attempt) });
  }
  return { gates, tasks };
}

type GuardTasks = (tasks: readonly Task[], work: () => Promise<void>) => Promise<void>;

/** Tasks whose doorbell is about the next attempt: all other doorbells are stale and already acknowledged. */
async function serveTasks(ports: DispatchPorts, tasks: readonly Task[], guard: GuardTasks): Promise<void> {
  const now = ports.clock.now();
  const ready = tasks.filter((task) => isClaimable(task, now));
  const granted = ready.filter((task) => task.slot !== undefined);
  const slotless = ready.filter((task) => task.slot === undefined);
  const byGate = Map.groupBy(slotless, ({ gateId }) => gateId);
  await Promise.all([
    ...tasks.filter((task) => !isClaimable(task, now)).map((task) => guard([task], () => serveUnready(ports, task))),
    ...granted.map((task) => guard([task], () => serveGranted(ports, task))),
    ...[...byGate].map(([gateId, group]) => guard(group, () => serveArrivals(ports, gateId, group, guard))),
  ]);
}

/**
 * Received too early (clocks differ, delays are whole seconds), past its deadline, or in the middle of another step.
 */
async function serveUnready(ports: DispatchPorts, task: Task): Promise<void> {
  const waitMs = (task.nextAttemptAt ?? 0) - ports.clock.now();
  if (task.status === 'backoff' && waitMs > 0 && task.due?.by === 'doorbell') {
    const delayMs = Math.min(waitMs, limits.doorbellDelayMsMax);
    const doorbell = { kind: 'task', taskId: task.id, attempt: task.attemptCount + 1 } as const;
    await sendDoorbells(ports, [{ queue: 'dispatch', doorbell, delayMs, group: task.accountId }]);
    return;
  }
  const applied = await applyEvent(ports, task.id, { type: 'due-passed' }, task);
  if (applied.kind === 'changed') await performEffects(ports, applied.effects, task);
  // Its message came again: the function that gave it its ticket may have died before it looked for a slot.
  else if (task.status === 'waiting')
    await performEffects(ports, [{ type: 'allocate-slots', gateId: task.gateId }], task);
}

function makeClaim(ports: DispatchPorts, task: Task): Claim {
  const attempt = task.attemptCount + 1;
  const token = { taskId: task.id, attempt, secret: ports.randomSource.secret() };
  return { attempt, leaseId: ports.randomSource.id(), callbackDigest: callbackDigest(token), token };
}

/** A task that was given its slot while it waited. */
async function serveGranted(ports: DispatchPorts, task: Task): Promise<void> {
  const gate = await ports.store.loadGate(task.gateId);
  if (isPausedFor(task.slot, gate, ports.clock.now())) {
    const returned = await applyEvent(ports, task.id, { type: 'slot-returned' }, task);
    if (returned.kind === 'changed') await performEffects(ports, returned.effects, task);
    return;
  }
  const claim = makeClaim(ports, task);
  const { attempt, leaseId, callbackDigest: digest } = claim;
  const event = { type: 'claimed', attempt, leaseId, callbackDigest: digest } as const;
  const applied = await applyEvent(ports, task.id, event, task);
  if (applied.kind === 'changed') await submitAttempt(ports, applied.after, claim);
}

/** Tasks that ask the gate for a slot: each is claimed now, or takes a ticket and is woken when it is granted one. */
async function serveArrivals(
  ports: DispatchPorts,
  gateId: string,
  tasks: readonly Task[],
  guard: GuardTasks,
): Promise<void> {
  const arrivals = tasks.map((task) => ({ task, ...makeClaim(ports, task) }));
  if (await takeTickets(ports, gateId, arrivals)) return;
  const claims = new Map(arrivals.map((arrival) => [arrival.task.id, arrival]));
  const serve = async ({ claimed, failed }: Allocated): Promise<void> => {
    const causes = new Map(failed.map(({ taskId, error }) => [taskId, error]));
    const unserved = tasks.filter(({ id }) => causes.has(id));
    await Promise.all([
      ...claimed.map((task) =>
        guard([task], async () => {
          const claim = claims.get(task.id);
          if (claim) await submitAttempt(ports, task, claim);
        }),
      ),
      ...unserved.map((task) =>
        guard([task], async () => {
          throw causes.get(task.id);
        }),
      ),
    ]);
  };
  await allocateSlots(ports, gateId, { arrivals, serve });
}
