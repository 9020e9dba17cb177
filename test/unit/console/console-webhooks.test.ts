import { describe, expect, it } from 'vitest';
import { waitWords } from '../../../console/source/webhooks/delivery-wait.ts';
import { bodyOf, draftOf, eventTypes, headersOf } from '../../../console/source/webhooks/endpoint-draft.ts';
import { healthOf, troubleOf, worstFirst } from '../../../console/source/webhooks/endpoint-health.ts';
import { eventTypes as domainEventTypes } from '../../../core/domain/webhook/outbox-event.ts';
import type { PublicDelivery } from '../../../core/http/public-webhook.ts';
import type { Endpoint } from '../../../console/source/webhooks/endpoint-health.ts';

const NOW = Date.parse('2026-03-01T12:00:00.000Z');
const LATER = '2026-03-01T12:02:00.000Z';
const EARLIER = '2026-03-01T09:00:00.000Z';

const well: Endpoint = {
  id: 'we_1',
  url: 'https://shop.example/hook',
  description: null,
  events: null,
  rate_limit: null,
  headers: { 'x-shop': 'a: b' },
  shape: 'event',
  signatures: ['v1'],
  public_key: null,
  secrets: [],
  disabled: false,
  disabled_at: null,
  disabled_reason: null,
  failing_since: null,
  paused_until: null,
  oldest_undelivered_at: null,
  pending: 0,
  pending_at_least: false,
  last_answer: null,
  created_at: EARLIER,
  updated_at: EARLIER,
};
const paused: Endpoint = { ...well, id: 'we_2', failing_since: EARLIER, paused_until: LATER };
const disabled: Endpoint = { ...well, id: 'we_3', disabled: true, disabled_at: EARLIER, disabled_reason: 'failing' };

const waiting = { status: 'pending', next_attempt_at: '2026-03-01T11:52:00.000Z' } as PublicDelivery;

describe('an endpoint in the console', () => {
  it('is listed by how badly it does', () => {
    const failing = { ...paused, id: 'we_4', paused_until: EARLIER };
    expect(worstFirst([well, failing, paused, disabled], NOW).map(({ id }) => id)).toEqual([
      'we_3',
      'we_2',
      'we_4',
      'we_1',
    ]);
    expect(healthOf(failing, NOW).word).toBe('failing');
  });

  it('says since when it fails, and until when the relay leaves it alone', () => {
    expect(troubleOf(well, NOW)).toBeUndefined();
    expect(troubleOf(paused, NOW)).toMatch(/^Every call has failed for 3 h\. .* in 2 min\. Its deliveries wait/);
    expect(troubleOf(disabled, NOW)).toMatch(/every call failed for five days/);
  });

  it('is changed by what the form changes and nothing else', () => {
    const before = draftOf(well);
    expect(bodyOf(before, before)).toEqual({});
    expect(bodyOf({ ...before, rate: '2.5' }, before)).toEqual({ rate_limit: 2.5 });
    expect(bodyOf({ ...before, events: ['task.failed'] }, before)).toEqual({ events: ['task.failed'] });
    expect(bodyOf(before, undefined)).toMatchObject({ url: well.url, events: null, rate_limit: null });
  });

  it('keeps the colons in its headers’ values, and a line without one for the relay to refuse', () => {
    expect(headersOf(draftOf(well).headers)).toEqual(well.headers);
    expect(headersOf('x-a:1\n\n nonsense ')).toEqual({ 'x-a': '1', nonsense: '' });
  });

  it('may be sent every type of event that there is', () => {
    expect(eventTypes).toEqual(domainEventTypes);
  });
});

describe('a delivery that waits', () => {
  it('says why in the words of the relay, and that it is due where the relay gives no reason', () => {
    const reason = 'its receiver is paused until noon; it goes on in 5 s';
    expect(waitWords({ ...waiting, waits: { reason, until: LATER } })).toBe(reason);
    expect(waitWords({ ...waiting, waits: null })).toBe('next call: at its turn, it is due');
    expect(waitWords({ ...waiting, status: 'delivered', waits: null })).toBeUndefined();
  });
});
