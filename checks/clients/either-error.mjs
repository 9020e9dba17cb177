// A client that reads errors of both forms: the relay's `{code, error, details}` and API Gateway's `{message}`. The
// function errorOf is that of docs/errors.md, word for word. Run by test/system/requests.test.ts.
const [baseUrl, apiKey] = process.argv.slice(2);

async function errorOf(response) {
  const { code = response.status, error, details, message } = await response.json().catch(() => ({}));
  return { code, text: error ?? message ?? response.statusText, details };
}

function submit(body) {
  return fetch(`${baseUrl}/v1/google/nano-banana-pro/text-to-image`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json' },
    body,
  });
}

const ofRelay = await errorOf(await submit('{"prompt": '));
const ofGateway = await errorOf(await submit(`{"prompt": "${'x'.repeat(11_000_000)}"}`));
// The header in which another gateway sends its own message, if one is given.
const others = [];
for (const url of process.argv.slice(4)) others.push(await errorOf(await fetch(url)));
console.log(JSON.stringify({ ofRelay, ofGateway, ...(others.length > 0 && { others }) }));
