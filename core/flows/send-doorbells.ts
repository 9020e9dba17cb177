// The one way a flow sends doorbells: those that could not be sent are counted here, so that no sender forgets to.
// A lost doorbell is never an error: the row it is about is due, and the sweep sends it again.
import type { OutgoingDoorbell } from '../contract/messages.ts';
import type { FlowPorts } from '../ports/flow-ports.ts';

/** Sends nothing for an empty list; never throws. @returns whether all were sent. */
export async function sendDoorbells(
  { doorbells, metrics }: Pick<FlowPorts, 'doorbells' | 'metrics'>,
  outgoing: readonly OutgoingDoorbell[],
): Promise<boolean> {
  if (outgoing.length === 0) return true;
  const { failed } = await doorbells.send(outgoing);
  if (failed > 0) metrics.emit({ values: { DoorbellsFailed: failed } });
  return failed === 0;
}
