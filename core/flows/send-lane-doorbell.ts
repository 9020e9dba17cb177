// Notifies a receiver's lane of new entries: the lane becomes due, then its doorbell is sent.
// In this order, so that the sweep sends a lost doorbell again.
import { sendDoorbells } from './send-doorbells.ts';
import type { FlowPorts } from '../ports/flow-ports.ts';
import type { LaneStore } from '../ports/webhook-ports.ts';

type LanePorts = Pick<FlowPorts, 'doorbells' | 'metrics' | 'clock' | 'settings'> & {
  readonly webhooks: Pick<LaneStore, 'wakeLane'>;
};

export async function sendLaneDoorbell(
  ports: LanePorts,
  { laneId, accountId }: { readonly laneId: string; readonly accountId: string },
): Promise<void> {
  await ports.webhooks.wakeLane({ laneId, accountId }, ports.clock.now() + ports.settings.graceMs);
  await sendDoorbells(ports, [
    { queue: 'deliver', doorbell: { kind: 'lane', laneId, accountId }, delayMs: 0, group: accountId },
  ]);
}
