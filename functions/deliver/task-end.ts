// What the task of an event knows of it: an end's event is due with its task, which also holds whether the event was
// handed on before. fan-out.ts asks this before it brings an event to its lanes, and closes the end afterwards.
import { RelayError } from '../../core/domain/relay-error.ts';
import { applyEvent } from '../../core/flows/apply-event.ts';
import { endOfEventId } from '../../core/domain/webhook/outbox-event.ts';
import { isHandedOn, isOpenEnd } from '../../core/domain/task/open-ends.ts';
import type { Task } from '../../core/domain/task/task.ts';
import type { TaskEnd } from '../../core/domain/webhook/outbox-event.ts';
import type { StoredEvent } from '../../core/ports/webhook-ports.ts';
import type { DeliverPorts } from './deliver-ports.ts';

type KnownEnd = TaskEnd &
  (
    | { readonly kind: 'found'; readonly task: Task }
    /** Erased or expired, neither of which happens before its ends are handed on. */
    | { readonly kind: 'gone' }
    /** Nothing is decided about such a task: its event is still handed on, but its row cannot say so. */
    | { readonly kind: 'damaged' }
  );

/** Undefined for an event that is not about the end of a task. */
export async function loadEnd({ store }: DeliverPorts, eventId: string): Promise<KnownEnd | undefined> {
  const of = endOfEventId(eventId);
  if (!of) return undefined;
  try {
    const task = await store.loadTask(of.taskId);
    return task ? { ...of, kind: 'found', task } : { ...of, kind: 'gone' };
  } catch (error) {
    if (error instanceof RelayError && error.code === 'task-damaged') return { ...of, kind: 'damaged' };
    throw error;
  }
}

export function isDone({ isClosed, isDueWithTask }: StoredEvent, known: KnownEnd | undefined): boolean {
  if (!isDueWithTask || !known) return isClosed;
  return known.kind === 'found' ? isHandedOn(known.task, known.end) : known.kind === 'gone';
}

/** Nothing is left to be done for this end. May be repeated. */
export async function closeEnd(ports: DeliverPorts, known: KnownEnd | undefined): Promise<void> {
  if (known?.kind !== 'found' || !isOpenEnd(known.task, known.end)) return;
  await applyEvent(ports, known.taskId, { type: 'end-handed-on', end: known.end }, known.task);
}
