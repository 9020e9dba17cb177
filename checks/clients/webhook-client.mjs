// The webhook way of Get3W's pages: submit with a callback address, then take one POST of the task object. Written for
// Get3W; run by test/system/clients.test.ts with nothing changed but the base URL, the key and patientFetch.
import { createServer } from 'node:http';
import { patientFetch } from './patient-fetch.mjs';

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
  const response = await patientFetch(`${baseUrl}/v1/${model}?webhook=${encodeURIComponent(callback)}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ prompt: 'a lighthouse in the rain', channel: 'economy' }),
  });
  if (!response.ok) throw new Error(await response.text());
});
