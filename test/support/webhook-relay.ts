// A relay of its own for one file of webhook tests, with an inbox that trusts no caller and a client of the main key.
import { startRelay } from './relay-process.ts';
import { SignedInbox } from './signed-inbox.ts';
import { WebhookClient } from './webhook-client.ts';
import type { RelayProcess } from './relay-process.ts';

interface WebhookRelay {
  readonly relay: RelayProcess;
  readonly inbox: SignedInbox;
  readonly client: WebhookClient;
}

export async function startWebhookRelay(): Promise<WebhookRelay> {
  const relay = await startRelay();
  const inbox = await SignedInbox.open(relay.webhookSecret);
  return { relay, inbox, client: new WebhookClient(relay.url, relay.apiKey) };
}
