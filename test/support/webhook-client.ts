// The calls about webhooks as a client makes them, for tests of test/system. Knows the wire alone.
import { RelayClient } from './relay-client.ts';
import type { PublicDelivery, PublicEndpoint, PublicEvent } from '../../core/http/public-webhook.ts';
import type { ErrorBody, Reply } from './relay-client.ts';
import type { SignedInbox } from './signed-inbox.ts';

export type MadeEndpoint = PublicEndpoint & { readonly secret: string };

interface EventPage {
  readonly data: readonly PublicEvent[];
  readonly next_cursor: string;
}

export class WebhookClient extends RelayClient {
  /** Registers an endpoint and lets the inbox know its secret. */
  async endpoint(inbox: SignedInbox, path: string, fields: object = {}): Promise<MadeEndpoint> {
    const body = { url: `${inbox.url}${path}`, ...fields };
    const reply = await this.call<MadeEndpoint & ErrorBody>('POST', '/v1/webhook-endpoints', { body });
    if (reply.status !== 201) throw new Error(`registration was answered ${reply.status}: ${reply.body.error}`);
    inbox.trust(path, reply.body.secret);
    return reply.body;
  }

  patch(endpointId: string, body: object): Promise<Reply<PublicEndpoint & ErrorBody>> {
    return this.call('PATCH', `/v1/webhook-endpoints/${endpointId}`, { body });
  }

  async showEndpoint(endpointId: string): Promise<PublicEndpoint> {
    return (await this.call<PublicEndpoint>('GET', `/v1/webhook-endpoints/${endpointId}`)).body;
  }

  async deliveries(taskId: string): Promise<readonly PublicDelivery[]> {
    return (await this.call<{ data: readonly PublicDelivery[] }>('GET', `/v1/requests/${taskId}/deliveries`)).body.data;
  }

  async delivery(taskId: string): Promise<PublicDelivery | undefined> {
    return (await this.deliveries(taskId))[0];
  }

  async endpointDeliveries(
    endpointId: string,
    query = '',
  ): Promise<{ data: PublicDelivery[]; next_cursor: string | null }> {
    const path = `/v1/webhook-endpoints/${endpointId}/deliveries${query}`;
    return (await this.call<{ data: PublicDelivery[]; next_cursor: string | null }>('GET', path)).body;
  }

  async removeEndpoints(): Promise<void> {
    const { body } = await this.call<{ data: readonly PublicEndpoint[] }>('GET', '/v1/webhook-endpoints');
    for (const { id } of body.data) await this.call('DELETE', `/v1/webhook-endpoints/${id}`);
  }

  async events(after: string, limit = 100): Promise<EventPage> {
    const path = `/v1/events?after=${encodeURIComponent(after)}&limit=${limit}`;
    return (await this.call<EventPage>('GET', path)).body;
  }
}
