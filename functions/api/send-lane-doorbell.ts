// Tells a receiver's lane that something was brought to it: the lane becomes due, its doorbell rings.
// In this order: a doorbell that is not heard is then sent again by the sweep.
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
