// The receiver of the loss bench, a process of its own so that it can be killed: verifies every call, fails and hangs
// at random, and records each id that it accepts before it answers 2xx. Arguments: port, file, secret, shares.
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Webhook } from 'standardwebhooks';

const [port = '0', file = '', secret = '', failShare = '0.3', hangShare = '0.05'] = process.argv.slice(2);
const webhook = new Webhook(secret);

createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const headers = request.headers as Record<string, string>;
    try {
      webhook.verify(Buffer.concat(chunks), headers);
    } catch {
      appendFileSync(file, `bad ${headers['webhook-id'] ?? ''}\n`);
      response.writeHead(400).end();
      return;
    }
    const drawn = Math.random();
    if (drawn < Number(hangShare)) return;
    if (drawn < Number(hangShare) + Number(failShare)) {
      response.writeHead(500).end();
      return;
    }
    // Written first, because an id that was accepted and not written would hide a loss.
    appendFileSync(file, `ok ${headers['webhook-id'] ?? ''}\n`);
    response.writeHead(204).end();
  });
}).listen(Number(port), '127.0.0.1', () => process.stdout.write('ready\n'));
