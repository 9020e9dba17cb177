import { describe, expect, it } from 'vitest';
import { laneLeaseMs } from '../../core/domain/webhook/delivery-policy.ts';
import { errorCatalogue } from '../../core/domain/error-catalogue.ts';
import { defaultSettings } from '../../core/domain/settings.ts';
import { deliverTimeoutSeconds, dispatchTimeoutSeconds, resolveSettings } from '../../lib/relay-settings.ts';
import type { RelaySettingsOverrides } from '../../lib/relay-settings.ts';

describe('settings', () => {
  it('are the defaults when nothing is chosen', () => {
    expect(resolveSettings()).toEqual(defaultSettings);
    expect(resolveSettings({ gate: {}, retry: {} })).toEqual(defaultSettings);
  });

  it('keep every default that is not overridden, at any depth', () => {
    const { gate, ...rest } = resolveSettings({ gate: { circuit: { outcomesMin: 50 } } });
    expect(gate).toEqual({ ...defaultSettings.gate, circuit: { ...defaultSettings.gate.circuit, outcomesMin: 50 } });
    expect(rest).toEqual(Object.fromEntries(Object.entries(defaultSettings).filter(([name]) => name !== 'gate')));
  });

  it('fill in a retry policy from its own default, or from the general one', () => {
    const { retry } = resolveSettings({ retry: { 'task-5004': { attemptsMax: 2 }, 'task-5003': { attemptsMax: 3 } } });
    expect(retry['task-5004']).toEqual({ ...defaultSettings.retry['task-5004'], attemptsMax: 2 });
    expect(retry['task-5003']).toEqual({ ...defaultSettings.retry.default, attemptsMax: 3 });
  });

  it('accept a policy for every error that is retried', () => {
    const keys = errorCatalogue.filter(({ reaction }) => ['retry', 'doubt'].includes(reaction)).map(({ key }) => key);
    const retry = Object.fromEntries(keys.map((key) => [key, { attemptsMax: 1 }]));
    expect(Object.keys(resolveSettings({ retry }).retry).sort()).toEqual(['default', ...keys].sort());
  });
});

const refused: readonly [what: string, overrides: RelaySettingsOverrides, message: RegExp][] = [
  [
    'a model that is no path',
    { metrics: { models: ['nano-banana'] } },
    /settings\.metrics\.models\.0: must be written/,
  ],
  [
    'more models than anybody means',
    { metrics: { models: Array.from({ length: 21 }, (_, index) => `v/m${index}/t`) } },
    /settings\.metrics\.models/,
  ],
  ['a name that is none', { gates: {} } as RelaySettingsOverrides, /settings: has no gates/],
  [
    'a nested name that is none',
    { gate: { limitstart: 3 } } as RelaySettingsOverrides,
    /settings\.gate: has no limitstart/,
  ],
  [
    'a value of another kind',
    { callbacks: 'no' } as unknown as RelaySettingsOverrides,
    /settings\.callbacks: .*boolean/,
  ],
  ['part of a millisecond', { graceMs: 0.5 }, /settings\.graceMs: .*int/],
  [
    'a start above the maximum',
    { gate: { limitStart: 9, limitMax: 3 } },
    /settings\.gate\.limitStart: must be at most limitMax, which is 3/,
  ],
  ['a gate of no slots', { gate: { limitStart: 0 } }, /settings\.gate\.limitStart: .*>=1/],
  [
    'a first wait above the longest',
    { gate: { limitProbeMs: 2_000_000 } },
    /settings\.gate\.limitProbeMs: must be at most limitProbeMaxMs/,
  ],
  [
    'a base above its cap',
    { retry: { default: { baseMs: 400_000 } } },
    /settings\.retry\.default\.baseMs: must be at most capMs/,
  ],
  [
    'a policy for an error that ends a task',
    { retry: { 'task-1200': { attemptsMax: 3 } } },
    /settings\.retry\.task-1200: is not an error that is retried; allowed are default, http-429/,
  ],
  [
    'more attempts than a task may have',
    { retry: { default: { attemptsMax: 201 } } },
    /settings\.retry\.default\.attemptsMax: .*<=200/,
  ],
  ['a doubt that outlasts the deadline', { deadlineMs: 60_000 }, /settings\.doubtHoldMs: must be at most deadlineMs/],
  ['a deadline after outputs are gone', { deadlineMs: 8 * 86_400_000 }, /settings\.deadlineMs: .*<=604800000/],
  ['a lease that ends while dispatch works', { leaseMs: 40_000 }, /settings\.leaseMs: must be more than 40000/],
  ['a share above the whole', { gate: { retryShare: 1.5 } }, /settings\.gate\.retryShare: .*<=1/],
  [
    'outputs that the bucket deletes while their task is shown',
    { media: { keptMs: 30 * 86_400_000 } },
    /settings\.media\.keptMs: must be at least 2678400000, deadlineMs and retention\.tasksMs together in whole days/,
  ],
  ['polls that never get closer', { pollMinMs: 700_000 }, /settings\.pollMinMs: must be at most pollMaxMs/],
  [
    'an unknown way out of doubt',
    { onDoubt: 'hope' } as unknown as RelaySettingsOverrides,
    /settings\.onDoubt: .*"wait"/,
  ],
  [
    'a webhook call that outlasts its function',
    { deliveries: { callTimeoutMs: 60_000 } },
    /settings\.deliveries\.callTimeoutMs: .*<=20000/,
  ],
];

describe('settings that could not work', () => {
  it.each(refused)('are refused by name: %s', (_what, overrides, message) => {
    expect(() => resolveSettings(overrides)).toThrow(message);
  });

  it('are reported all together', () => {
    const overrides = { graceMs: -1, gate: { limitStart: 0 } };
    expect(() => resolveSettings(overrides)).toThrow(/graceMs[^]*limitStart/);
  });
});

describe('time limits of functions', () => {
  it('leave dispatch time beside the submit', () => {
    expect(dispatchTimeoutSeconds({ submitTimeoutMs: 25_000 })).toBe(40);
    expect(dispatchTimeoutSeconds({ submitTimeoutMs: 1_200 })).toBe(17);
  });

  it('end a run of deliver before another may claim its lane', () => {
    const { deliveries } = defaultSettings;
    for (const callTimeoutMs of [100, 15_000, 20_000]) {
      const chosen = { deliveries: { ...deliveries, callTimeoutMs } };
      const timeoutMs = deliverTimeoutSeconds(chosen) * 1_000;
      expect(timeoutMs).toBeLessThan(laneLeaseMs(chosen.deliveries));
      expect(timeoutMs).toBeGreaterThan(deliveries.laneWorkMs + callTimeoutMs);
    }
  });
});

describe('the retention', () => {
  it('is never shorter than the attempts of a delivery take: its event and its log would expire before the last', () => {
    const tooShort = { eventsMs: 2 * 86_400_000, deliveriesMs: 2 * 86_400_000 };
    expect(() => resolveSettings({ retention: tooShort })).toThrow(
      /settings\.retention\.eventsMs: must be at least \d+/,
    );
    expect(() => resolveSettings({ retention: tooShort })).toThrow('settings.retention.deliveriesMs');
    const schedule = { scheduleMs: [0, 60_000] };
    expect(resolveSettings({ retention: tooShort, deliveries: schedule }).retention).toMatchObject(tooShort);
  });
});
