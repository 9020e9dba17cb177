// What a task holds at the gate, a slot or a ticket, as one short attribute beside its text. It is read only when the
// text is damaged, so that closing such a row removes its ticket and gives back the slot that the gate counts for it.
// The task's own slot and ticket are in its text, see task-item.ts.
import type { Slot, Ticket } from '../../domain/task/slot.ts';
import type { Task } from '../../domain/task/task.ts';
import type { Item } from './dynamo-table.ts';

/** `s` slot or `t` ticket; `f` fresh or `r` retry; for a slot, the kinds of its probe; for a ticket, its order and its version. */
const heldItemPattern =
  /^(?<what>[st])(?<kind>[fr])(?<circuit>c?)(?<account>a?)(?<order>-?[\d.]*)(?:v(?<version>\d+))?$/;

export function heldItem({ slot, ticket }: Pick<Task, 'slot' | 'ticket'>): Item {
  if (slot) {
    const probes = `${slot.circuitProbe ? 'c' : ''}${slot.accountProbe ? 'a' : ''}`;
    return { h: { S: `s${slot.kind.charAt(0)}${probes}` } };
  }
  return ticket ? { h: { S: `t${ticket.kind.charAt(0)}${ticket.order}v${ticket.version}` } } : {};
}

/** Empty for a task that holds neither. Fields of a slot that the attribute does not hold get placeholders. */
export function heldOfItem(item: Item): { readonly slot?: Slot; readonly ticket?: Ticket } {
  const {
    what,
    kind: letter,
    circuit,
    account,
    order,
    version,
  } = heldItemPattern.exec(item['h']?.S ?? '')?.groups ?? {};
  if (what === undefined) return {};
  const kind = letter === 'r' ? 'retry' : 'fresh';
  if (what === 't') return { ticket: { kind, order: Number(order), version: Number(version) } };
  return { slot: { kind, circuitProbe: circuit === 'c', accountProbe: account === 'a', rank: 1, grantedAt: 0 } };
}
