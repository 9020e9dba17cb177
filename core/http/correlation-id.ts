// The id by which a client finds its own call in the relay's log: the one it sent, if that has the form of an id.
// A client's text in a log is a risk, so anything with spaces or slashes, or that looks like a key, is ignored.

/** The usual form of request ids and UUIDs; at least eight characters, so that it can be searched for. */
const idPattern = /^[A-Za-z0-9][\w.=+-]{7,127}$/;
/** Keys that a client put into the wrong header. */
const keyPattern = /^(?:sk|pk|rk|whsec|ghp)_|^AKIA|^eyJ/;
/** Version, trace id, parent id, flags. Source: W3C Trace Context, 3.2. */
const traceparentPattern = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/;
const noTrace = '0'.repeat(32);

/**
 * @param headers names in lower case, as API Gateway gives them.
 * @returns the client's `X-Request-Id`, else the trace id of its `traceparent`, else `requestId`.
 */
export function correlationIdOf(headers: Readonly<Record<string, string | undefined>>, requestId: string): string {
  const own = headers['x-request-id']?.trim() ?? '';
  if (idPattern.test(own) && !keyPattern.test(own)) return own;
  const trace = traceparentPattern.exec(headers['traceparent']?.trim() ?? '')?.[1];
  return trace === undefined || trace === noTrace ? requestId : trace;
}
