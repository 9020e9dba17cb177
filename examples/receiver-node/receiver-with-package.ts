// A receiver of the relay's webhooks with the specification's own package: npm install standardwebhooks
//   WEBHOOK_SECRET=whsec_… PORT=8080 node receiver-with-package.ts
// The package takes one secret per instance and supports only v1: while secrets overlap, try one after the other.
import { Webhook } from 'standardwebhooks';
import { startWebhookServer } from './webhook-server.ts';
import type { IncomingHttpHeaders } from 'node:http';

const secrets = (process.env['WEBHOOK_SECRET'] ?? '').split(' ').filter((secret) => secret !== '');
if (secrets.length === 0) {
  console.error(
    'WEBHOOK_SECRET is not set. Start it as: WEBHOOK_SECRET=whsec_… PORT=8080 node receiver-with-package.ts',
  );
  process.exit(1);
}
const webhooks = secrets.map((secret) => new Webhook(secret));

function isGood(webhook: Webhook, rawBody: Buffer, headers: IncomingHttpHeaders): boolean {
  try {
    webhook.verify(rawBody, headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
}

startWebhookServer(
  {
    refuse: ({ headers }, rawBody) =>
      webhooks.some((webhook) => isGood(webhook, rawBody, headers)) ? undefined : 'the webhook cannot be trusted',
    act: (id, body) => console.log(JSON.stringify({ id, body })),
  },
  Number(process.env['PORT'] ?? 8_080),
).on('listening', () => console.log('ready'));
