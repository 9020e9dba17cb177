// The webhook way of Get3W's pages: submit with a callback address, then take one POST of the task object. Written for
// Get3W; run by test/system/clients.test.ts against the relay with nothing changed but the base URL and the key.
import { createServer } from 'node:http';

const [baseUrl, apiKey, model = 'google/nano-banana-pro/text-to-image'] = process.argv.slice(2);

const server = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk) => (body += chunk));
  request.on('end', () => {
    response.writeHead(200).end();
    const task = JSON.parse(body);
    console.log(JSON.stringify({ id: task.id, status: task.status, code: task.code, outputs: task.outputs }));
    server.close();
    server.closeAllConnections();
  });
});

server.listen(0, '127.0.0.1', async () => {
  const callback = `http://127.0.0.1:${server.address().port}/get3w`;
  const response = await fetch(`${baseUrl}/v1/${model}?webhook=${encodeURIComponent(callback)}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ prompt: 'a lighthouse in the rain', channel: 'economy' }),
  });
  if (!response.ok) throw new Error(await response.text());
});
