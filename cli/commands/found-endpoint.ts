// Finds the webhook endpoint that a person means, by its id.
import { CommandFailure, exitCodes } from '../command-failure.ts';
import { typed } from '../typed-command.ts';
import type { WebhookEndpoint } from '../../core/domain/webhook/webhook-endpoint.ts';
import type { CommandPorts } from '../command-ports.ts';

/** @throws CommandFailure when there is none. */
export async function loadEndpoint({ store }: CommandPorts, endpointId: string): Promise<WebhookEndpoint> {
  const endpoint = await store.findEndpoint(endpointId);
  if (endpoint) return endpoint;
  const advice = `\`${typed('endpoints list')}\` shows all endpoints.`;
  throw new CommandFailure(`There is no endpoint ${endpointId}.`, advice, exitCodes.notFound);
}
