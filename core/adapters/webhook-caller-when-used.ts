// The caller of webhooks, loaded with its first use. For functions that rarely call one: the api, which judges addresses
// at registration and makes self-tests.
import type { WebhookCaller } from '../ports/webhook-ports.ts';
import type { WebhookCallerOptions } from './webhook-caller.ts';

/** A {@link WebhookCaller} whose module is loaded by the first call of a method. */
export function makeWebhookCallerWhenUsed(options: WebhookCallerOptions): WebhookCaller {
  let loading: Promise<WebhookCaller> | undefined;
  const loaded = (): Promise<WebhookCaller> =>
    (loading ??= import('./webhook-caller.ts').then(({ makeWebhookCaller }) => makeWebhookCaller(options)));
  return {
    call: async (call) => (await loaded()).call(call),
    judge: async (url) => (await loaded()).judge(url),
  };
}
