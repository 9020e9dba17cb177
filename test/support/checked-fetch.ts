// Set up for every system test: checks everything that it fetches from a relay against the API's schemas. Answers of
// others (the simulator, a receiver) have no X-Request-Id and pass.
import { requireDocumented } from './documented-answer.ts';

const plainFetch = globalThis.fetch;

globalThis.fetch = async (input, init) => {
  const response = await plainFetch(input, init);
  if (!response.headers.has('x-request-id') || !/json/.test(response.headers.get('content-type') ?? ''))
    return response;
  const { pathname, search } = new URL(response.url);
  const method = init?.method ?? (input instanceof Request ? input.method : 'GET');
  const text = await response.clone().text();
  requireDocumented({ method, path: `${pathname}${search}`, status: response.status, text });
  return response;
};
