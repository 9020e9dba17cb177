// packages/client, as it is built, against a relay: run by check-clients.ts on Node 20 and on the newest. Plain JavaScript
// on purpose: that Node runs no TypeScript. Prints one line of JSON, or fails on the first thing that is not as it should be.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { RelayClient } from '../../packages/client/dist/relay-client.js';
import {
  ConflictError,
  InvalidKeyError,
  NotFoundError,
  TaskRefusedError,
} from '../../packages/client/dist/relay-errors.js';
import { verifyWebhook } from '../../packages/client/dist/verify-webhook.js';

const [, , baseUrl, apiKey, webhookSecret] = process.argv;
const client = new RelayClient({ baseUrl, apiKey, timeoutMs: 20_000 });
const MODEL = 'simulator/0/text-to-image';

/** The first webhook that a server of this process gets, verified. */
function nextWebhook() {
  return new Promise((resolve, reject) => {
    const server = createServer((request, response) => {
      const chunks = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => {
        response.writeHead(204).end();
        server.close();
        verifyWebhook(Buffer.concat(chunks), request.headers, webhookSecret).then(resolved.resolve, resolved.reject);
      });
    });
    const resolved = {};
    const webhook = new Promise((taken, refused) => Object.assign(resolved, { resolve: taken, reject: refused }));
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve({ url: `http://127.0.0.1:${server.address().port}/hook`, webhook }));
  });
}

const { url, webhook } = await nextWebhook();
const submitted = await client.submit(MODEL, { prompt: 'a lighthouse' }, { webhook: url });
const states = [];
const done = await client.subscribe(submitted.id, ({ status }) => states.push(status), { timeoutMs: 60_000 });
assert.equal(done.status, 'completed');
assert.equal(typeof done.outputs[0], 'string');
assert.equal(states.at(-1), 'completed');
const { body } = await webhook;
assert.equal(body.id, submitted.id);

const again = { idempotencyKey: 'typed-client-' + submitted.id };
const [first, second] = [
  await client.submit(MODEL, { prompt: 'x' }, again),
  await client.submit(MODEL, { prompt: 'x' }, again),
];
assert.equal(first.id, second.id);
await assert.rejects(client.submit(MODEL, { prompt: 'y' }, again), ConflictError);

const refused = await client.submit('simulator/1401/text-to-image', { prompt: 'x' });
await assert.rejects(client.wait(refused.id, { timeoutMs: 60_000 }), (error) => {
  assert.ok(error instanceof TaskRefusedError);
  assert.equal(error.code, 1401);
  return true;
});
const putBack = await client.retry(refused.id);
assert.equal(putBack.id, refused.id);
assert.ok(
  ['cancelled', 'failed'].includes(
    (await client.cancel(refused.id).catch(() => client.wait(refused.id).catch((error) => error.task))).status,
  ),
);

const listed = [];
for await (const task of client.list({ model: MODEL })) listed.push(task.id);
assert.ok(listed.includes(submitted.id) && listed.includes(first.id));
assert.ok(!listed.includes(refused.id));

await assert.rejects(client.get('019a3f0e-5c1d-7b2a-9d44-6f1c2b3a4d5e'), NotFoundError);
await assert.rejects(new RelayClient({ baseUrl, apiKey: 'sk_none' }).get(submitted.id), InvalidKeyError);
process.stdout.write(JSON.stringify({ node: process.version, states, listed: listed.length }) + '\n');
