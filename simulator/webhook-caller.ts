// Webhook calls as Get3W makes them: a single POST of JSON, at most 30 s, no second try and no redirect followed. Never
// throws: a failing receiver is a result.
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { WebhookResult } from './simulated-task.ts';

const TIME_LIMIT_MS = 30_000;
// A new connection for each call: with a kept one, a receiver closing it just then would lose the only call.
// At most 256 at once, so that a thousand tasks ending together do not use up the receiver's sockets.
const agentOptions = { keepAlive: false, maxSockets: 256 };

export interface WebhookCaller {
  /** POSTs `bodyText`, reads the answer to its end, and returns its status or the reason why there was none. */
  call(url: string, bodyText: string, headers: Readonly<Record<string, string>>): Promise<WebhookResult>;
  /** Aborts what is under way. */
  close(): void;
}

export function makeWebhookCaller(): WebhookCaller {
  const http = { agent: new HttpAgent(agentOptions), request: httpRequest };
  const https = { agent: new HttpsAgent(agentOptions), request: httpsRequest };
  const closing = new AbortController();

  return {
    close: () => closing.abort(),
    call: (url, bodyText, headers) =>
      new Promise((resolve) => {
        const { agent, request } = url.startsWith('https:') ? https : http;
        const failed = (error: Error): void => resolve({ error: error.message });
        const answered = (response: IncomingMessage): void => {
          response.on('error', failed).on('end', () => resolve({ status: response.statusCode ?? 0 }));
          response.resume();
        };
        const options = {
          method: 'POST',
          agent,
          signal: AbortSignal.any([closing.signal, AbortSignal.timeout(TIME_LIMIT_MS)]),
          headers: {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(bodyText),
            'user-agent': 'get3w-simulator',
            ...headers,
          },
        };
        request(url, options, answered).on('error', failed).end(bodyText);
      }),
  };
}
