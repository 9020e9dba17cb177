// The asynchronous way of Get3W's pages: submit, then poll the request until it has ended. Written for Get3W; run by
// test/system/clients.test.ts against the relay with nothing changed but the base URL, the key and patientFetch.
import { patientFetch } from './patient-fetch.mjs';

const [baseUrl, apiKey, model = 'google/nano-banana-pro/text-to-image'] = process.argv.slice(2);
const headers = { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json' };

const submitted = await patientFetch(`${baseUrl}/v1/${model}`, {
  method: 'POST',
  headers,
  body: JSON.stringify({
    prompt: 'a lighthouse in the rain',
    aspect_ratio: '16:9',
    resolution: '1k',
    output_format: 'png',
    channel: 'stable',
  }),
});
if (!submitted.ok) {
  const { code, error } = await submitted.json();
  throw new Error(`${code}: ${error}`);
}
const { id } = await submitted.json();

for (;;) {
  const task = await (await patientFetch(`${baseUrl}/v1/requests/${id}`, { headers })).json();
  if (task.status === 'completed' || task.status === 'failed') {
    console.log(JSON.stringify(task));
    break;
  }
  await new Promise((resolve) => setTimeout(resolve, 200));
}
