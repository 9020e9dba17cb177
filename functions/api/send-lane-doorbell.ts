// Notifies a receiver's lane of new entries: the lane becomes due, then its doorbell is sent.
// In this order, so that the sweep sends a lost doorbell again.
import { sendDoorbells } from '../../core/flows/send-doorbells.ts';
import type { WebhookApiPorts } from './webhook-ports.ts';

export async function sendLaneDoorbell(
  ports: WebhookApiPorts,
  lane: { readonly laneId: string; readonly accountId: string },
): Promise<void> {
  await ports.webhooks.wakeLane(lane, ports.clock.now() + ports.settings.graceMs);
  const { laneId, accountId } = lane;
  await sendDoorbells(ports, [
    { queue: 'deliver', doorbell: { kind: 'lane', laneId, accountId }, delayMs: 0, group: accountId },
  ]);
}
