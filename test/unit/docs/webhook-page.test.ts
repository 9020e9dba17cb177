// docs/webhooks.md against the code: what it names and counts is what the relay has.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { webhookRoutes } from '../../../core/contract/webhook-routes.ts';
import { defaultRetention } from '../../../core/domain/retention-settings.ts';
import { defaultDeliverySettings } from '../../../core/domain/webhook/delivery-policy.ts';
import { defaultShareSettings } from '../../../core/domain/share-settings.ts';
import { limits } from '../../../core/domain/limits.ts';
import { eventTypes } from '../../../core/domain/webhook/outbox-event.ts';

const page = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'webhooks.md'), 'utf8');
const text = page.replaceAll(/\s+/g, ' ');

/** `[method, path]` of every curl line, its shell variables as the routes spell them. */
const curlCalls = [...page.matchAll(/^curl (?:-X (\w+) )?"\$URL([^"?]*)/gm)].map(([, method = 'GET', path = '']) => [
  method,
  path.replace('$ENDPOINT', '{id}').replace('$TASK', '{id}').replace('$DELIVERY', '{delivery}'),
]);

function inWords(ms: number): string {
  const [hours, minutes, seconds] = [ms / 3_600_000, ms / 60_000, ms / 1_000];
  if (hours >= 1) return `${hours} h`;
  return minutes >= 1 ? `${minutes} min` : `${seconds} s`;
}

describe('the page about webhooks', () => {
  it('has a curl line for every route, and no other', () => {
    const routes = Object.values(webhookRoutes).map(({ method, path }) => `${method} ${path}`);
    const called = new Set(curlCalls.map(([method, path]) => `${String(method)} ${String(path)}`));
    expect([...routes].sort()).toEqual([...called].filter((one) => !one.includes('simulator')).sort());
  });

  it('names every event, cause and reason', () => {
    const causes = ['dns', 'address', 'connect', 'tls', 'timeout', 'connection', 'status'];
    const reasons = ['attempts', 'gone', 'too_old', 'endpoint_deleted', 'failing'];
    for (const name of [...eventTypes, ...causes, ...reasons]) expect(text).toContain(`\`${name}\``);
  });

  it('states the schedule and the pauses of the code', () => {
    const { scheduleMs, jitterShare, callTimeoutMs, pauseBaseMs, pauseMaxMs, callsMax, failingMs, secretOverlapMs } =
      defaultDeliverySettings;
    const [first, ...later] = scheduleMs.map(inWords);
    expect(first).toBe('0 s');
    expect(text).toContain(`At once, then ${later.slice(0, -1).join(', ')} and ${later.at(-1) ?? ''} after`);
    expect([scheduleMs.length, jitterShare, callsMax]).toEqual([10, 0.1, 10]);
    expect(text).toContain('each up to a tenth longer');
    expect(text).toContain(`After ${callTimeoutMs / 1_000} seconds, your answer's body included`);
    expect(text).toContain(`begins with ${inWords(pauseBaseMs)} and doubles up to ${inWords(pauseMaxMs)}`);
    expect([failingMs, secretOverlapMs].map((ms) => ms / 86_400_000)).toEqual([5, 1]);
  });

  it('states the limits of the code', () => {
    const { webhookHeadersMax, webhookHeadersBytesMax, webhookUrlBytesMax } = limits;
    expect(defaultShareSettings.endpointsMax).toBe(10);
    expect(text).toContain('(ten an account)');
    const count = (value: number): string => value.toLocaleString('en');
    expect(text).toContain(`${webhookHeadersMax} and ${count(webhookHeadersBytesMax)} bytes at most`);
    expect(text).toContain(`${count(webhookUrlBytesMax)} bytes at most`);
    expect(text).toContain(`up to ${limits.answerBytesKeptMax / 1_024} KB of the newest answer`);
    expect(text).toContain(`${limits.olderAnswerCharsMax} characters of older ones`);
    expect(text).toContain(`reads ${limits.answerBytesReadMax / 1_024} KB of an answer`);
    expect(text).toContain(`The last ${limits.deliveryAttemptsKept} attempts are kept`);
    expect(text).toContain(`Each call looks at ${limits.recoveryEventsMax} events`);
    expect(text).toContain(`forgotten after ${defaultRetention.deliveriesMs / 86_400_000} days`);
  });
});
