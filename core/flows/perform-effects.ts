// Does what decide asked for, after the commit: sends doorbells, allocates slots. Each effect is safe to repeat, and
// safe to lose: the row's `due` brings the sweep to it. dispatch itself makes the POST of a claimed attempt.
import { RelayError } from '../domain/relay-error.ts';
import { lookLater } from './look-later.ts';
import { sendDoorbells } from './send-doorbells.ts';
import { allocateSlots } from './allocate-slots.ts';
import { endEventId } from '../domain/webhook/outbox-event.ts';
import type { Effect } from '../domain/task/event.ts';
import type { Observation } from '../domain/gate/gate-review.ts';
import type { OutgoingDoorbell } from '../contract/messages.ts';
import type { FlowPorts } from '../ports/flow-ports.ts';

interface EffectContext {
  /** The account of the task, for fair queues. */
  readonly accountId: string;
  /** What the flow has seen that the gate should learn from. */
  readonly observations?: readonly Observation[];
  /** The gate to update, even when no slot became free. */
  readonly gateId: string;
}

function doorbellOf(effect: Effect, group: string): OutgoingDoorbell | undefined {
  switch (effect.type) {
    case 'send-dispatch-doorbell': {
      const { taskId, attempt, delayMs } = effect;
      return { queue: 'dispatch', doorbell: { kind: 'task', taskId, attempt }, delayMs, group };
    }
    case 'send-settle-doorbell': {
      const { taskId, attempt, poll, delayMs } = effect;
      return { queue: 'settle', doorbell: { kind: 'task', taskId, attempt, poll }, delayMs, group };
    }
    case 'announce-end': {
      const { taskId, end, at: position } = effect;
      const doorbell = { kind: 'event', accountId: group, position, eventId: endEventId(taskId, end) } as const;
      return { queue: 'deliver', doorbell, delayMs: 0, group };
    }
    case 'send-keep-doorbell':
      return { queue: 'keep', doorbell: { kind: 'keep', taskId: effect.taskId }, delayMs: 0, group };
    case 'allocate-slots':
      return undefined;
    default:
      return effect satisfies never;
  }
}

interface OwedEffects extends EffectContext {
  readonly effects: readonly Effect[];
}

export function performEffects(ports: FlowPorts, effects: readonly Effect[], context: EffectContext): Promise<void> {
  return performAllEffects(ports, [{ ...context, effects }]);
}

/** The same for several tasks: their doorbells are sent together, and each gate is looked at once. */
export async function performAllEffects(ports: FlowPorts, owed: readonly OwedEffects[]): Promise<void> {
  const outgoing = owed.flatMap(({ effects, accountId }) =>
    effects.flatMap((effect) => doorbellOf(effect, accountId) ?? []),
  );
  const gates = Map.groupBy(owed.filter(isGateConcerned), ({ gateId }) => gateId);
  const [, ...allocated] = await Promise.allSettled([
    sendDoorbells(ports, outgoing),
    // A task waits for a free slot: allocate it now rather than at the next arrival.
    ...[...gates].map(([gateId, of]) =>
      allocate(
        ports,
        gateId,
        of.flatMap(({ observations = [] }) => observations),
      ),
    ),
  ]);
  // Only now: a function that returns while its doorbells are under way is frozen with them.
  for (const one of allocated) if (one.status === 'rejected') throw one.reason;
}

function isGateConcerned({ observations = [], effects }: OwedEffects): boolean {
  return observations.length > 0 || effects.some(({ type }) => type === 'allocate-slots');
}

/** Where others are always faster, the gate is looked at once more a little later: what was done for it is recorded. */
async function allocate(ports: FlowPorts, gateId: string, observations: readonly Observation[]): Promise<void> {
  try {
    await allocateSlots(ports, gateId, { observations });
  } catch (error) {
    if (!(error instanceof RelayError) || error.code !== 'store-contended') throw error;
    ports.log.warn('A gate is changed by too many at once and looked at later', { gateId, error });
    await lookLater(ports, gateId);
  }
}
