// A fetch for clients of a relay, which repeats calls after transient errors: 429 and 500, as Get3W's error page asks, and
// 503, which the gateway in front of a relay answers. The function is that of docs/errors.md, word for word.
async function patientFetch(url, { headers, ...init } = {}) {
  // One key for all tries: even if an earlier one succeeded unseen, they make one task.
  const ownHeaders = { ...headers, ...(init.method === 'POST' && { 'Idempotency-Key': crypto.randomUUID() }) };
  for (let tries = 1; ; tries += 1) {
    const response = await fetch(url, { ...init, headers: ownHeaders });
    if (![429, 500, 503].includes(response.status) || tries === 6) return response;
    const waitSeconds = Number(response.headers.get('retry-after')) || 2 ** (tries - 2);
    await new Promise((resolve) => setTimeout(resolve, waitSeconds * 1_000));
  }
}

export { patientFetch };
