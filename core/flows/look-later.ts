// Asks for a further look at a gate a little later, where one cannot be made now: by the one that grants slots when its
// rounds are used up, and one that others were always faster than. A lost doorbell is made good by the sweep.
import { sendDoorbells } from './send-doorbells.ts';
import type { FlowPorts } from '../ports/flow-ports.ts';

/** So long that those who were faster are done, so short that no slot stays idle for long. */
const LOOK_AFTER_MS = 1_000;

export async function lookLater(ports: Pick<FlowPorts, 'doorbells' | 'metrics'>, gateId: string): Promise<void> {
  await sendDoorbells(ports, [{ queue: 'dispatch', doorbell: { kind: 'gate', gateId }, delayMs: LOOK_AFTER_MS }]);
}
