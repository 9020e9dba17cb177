// A receiver of the relay's webhooks with nothing but Node. Run it with Node 24:
//   WEBHOOK_SECRET=whsec_… PORT=8080 node receiver.ts
// WEBHOOK_SECRET may contain several keys, separated by spaces: the old and the new one while a secret is being
// rotated.
import { refuseWebhook } from './verify-webhook.ts';
import { startWebhookServer } from './webhook-server.ts';

const keys = (process.env['WEBHOOK_SECRET'] ?? '').split(' ').filter((key) => key !== '');
if (keys.length === 0) {
  console.error('WEBHOOK_SECRET is not set. Start it as: WEBHOOK_SECRET=whsec_… PORT=8080 node receiver.ts');
  process.exit(1);
}

function text(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

startWebhookServer(
  {
    refuse: ({ headers }, rawBody) => {
      const [id, timestamp, signature] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
        text(headers[name]),
      );
      return refuseWebhook({ id, timestamp, signature }, rawBody, keys);
    },
    act: (id, body) => console.log(JSON.stringify({ id, body })),
  },
  Number(process.env['PORT'] ?? 8_080),
).on('listening', () => console.log('ready'));
