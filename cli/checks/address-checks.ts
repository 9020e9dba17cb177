// Checks of the relay's address, called from outside as its clients and Get3W call it: whether it answers, whether
// callbacks reach it, and whether the clocks agree. The other checks cover what is behind the address.
import { failed, ok, warning } from './check.ts';
import type { Check } from './check.ts';

const TIMEOUT_MS = 15_000;
/** AWS refuses signatures that are five minutes off; deadlines and leases are compared in seconds. */
const SKEW_WARNED_MS = 30_000;

function unreachable(url: string): string {
  return (
    `Check that ${url} resolves and can be reached from here; with a domain or callbackOrigin of your own, that its DNS ` +
    "record points at the stack's output ApiDomainTarget, or at the proxy in front of the relay."
  );
}

const answersCheck: Check = {
  name: 'address',
  run: async ({ target: { url } }) => {
    const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(() => undefined);
    if (response === undefined) return failed(`${url} cannot be reached.`, unreachable(url));
    if (!response.ok) {
      return failed(`${url}/health answers ${response.status}.`, "See the api function's log and its alarm.");
    }
    const { version } = (await response.json()) as { version?: string };
    return ok(`${url} answers, version ${version ?? 'unknown'}.`);
  },
};

/** A token that the relay never issued: the settle function and API Gateway refuse it with different texts. */
const unissuedToken = `00000000-0000-7000-8000-000000000000.1.${'A'.repeat(32)}`;

const callbackCheck: Check = {
  name: 'callbacks',
  run: async ({ target: { callbacksUrl, settings } }) => {
    if (!settings.callbacks) return ok('The settings turn callbacks off: the sweep polls for outcomes.');
    const response = await fetch(`${callbacksUrl}/${unissuedToken}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch(() => undefined);
    if (response === undefined) return failed('The callback address cannot be reached.', unreachable(callbacksUrl));
    const body = (await response.json().catch(() => ({}))) as { error?: string };
    if (response.status === 404 && body.error === 'Not found') {
      return ok('The callback address answers, and refuses a token that the relay never issued.');
    }
    const advice =
      'A proxy or firewall answers before the relay does: remove the rule that rewrites or guards /callbacks/*.';
    return failed(`The answer to a callback is ${response.status}.`, advice);
  },
};

const clockCheck: Check = {
  name: 'clock',
  run: async ({ target: { url } }) => {
    const askedAt = Date.now();
    const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const told = Date.parse(response.headers.get('date') ?? '');
    const here = (askedAt + Date.now()) / 2;
    if (Number.isNaN(told)) return warning('The relay sends no date.', 'A proxy before it removes the Date header.');
    const skewMs = Math.abs(told - here);
    const text = `This machine and the relay are ${(skewMs / 1_000).toFixed(0)} s apart.`;
    return skewMs < SKEW_WARNED_MS
      ? ok(text)
      : warning(text, 'Set the clock of this machine (NTP): AWS refuses signatures that are five minutes off.');
  },
};

export const addressChecks: readonly Check[] = [answersCheck, callbackCheck, clockCheck];
