import { describe, expect, it } from 'vitest';
import {
  circuitState,
  isForgettable,
  learnOutcome,
  modelAllowance,
  wellModel,
} from '../../../core/domain/gate/circuit.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { HOUR_MS } from '../../../core/domain/time-ms.ts';
import { Dice } from '../../simulation/dice.ts';
import { NOW } from '../../support/sample-task.ts';
import type { ModelHealth } from '../../../core/domain/gate/circuit.ts';

const settings = defaultSettings.gate;
const { probeMs, probeMaxMs } = settings.circuit;
type Outcome = 'success' | 'failure';

function learn(health: ModelHealth, outcome: Outcome, now: number, isCircuitProbe: boolean = false): ModelHealth {
  const context = { settings, now, random: () => 0 };
  return learnOutcome(health, { isFailure: outcome === 'failure', isCircuitProbe }, context);
}

/** The model after these outcomes, each seen by itself. */
function after(health: ModelHealth, outcomes: readonly Outcome[], now: number = NOW): ModelHealth {
  return outcomes.reduce((seen, outcome) => learn(seen, outcome, now), health);
}

/** The model after its probes have ended so. */
function probed(health: ModelHealth, outcomes: readonly Outcome[], now: number): ModelHealth {
  return outcomes.reduce((seen, outcome) => learn(seen, outcome, now, true), health);
}

function times<Value>(value: Value, count: number): Value[] {
  return Array.from({ length: count }, () => value);
}

/** So many outcomes, of which about this share are failures. */
function drawn(count: number, share: number, dice: Dice): Outcome[] {
  return Array.from({ length: count }, () => (dice.isLucky(share) ? 'failure' : 'success'));
}

/** How long an open circuit keeps tasks away, at a probe a second from when its wait is over; a day at most. */
function msUntilClosed(open: ModelHealth, share: number, dice: Dice): number {
  let health = open;
  let now = NOW;
  while (health.circuit && now < NOW + 24 * HOUR_MS) {
    now = Math.max(now, health.circuit.probeAt) + 1_000;
    health = probed(health, drawn(1, share, dice), now);
  }
  return now - NOW;
}

const well = wellModel(NOW);
const opened = after(well, times('failure', 20));
const probing = NOW + probeMs;

describe('the circuit of a model', () => {
  it('opens after twenty failures in a row, and after more where a success lies between them', () => {
    expect(after(well, times('failure', 19)).circuit).toBeUndefined();
    expect(opened.circuit).toMatchObject({ since: NOW, probeAt: NOW + probeMs });
    // A success takes away the nine failures that go with it at a share of 0.9.
    const mixed: Outcome[] = [...times('failure' as const, 10), 'success', ...times('failure' as const, 18)];
    expect(after(well, mixed).circuit).toBeUndefined();
    expect(after(well, [...mixed, 'failure']).circuit).toBeDefined();
  });

  it('opens as soon after a thousand successes as after none', () => {
    const known = after(well, times('success', 1_000));
    expect(after(known, times('failure', 19)).circuit).toBeUndefined();
    expect(after(known, times('failure', 20)).circuit).toBeDefined();
  });

  it('stays closed for a model that fails every other time, however long', () => {
    const coin = Array.from({ length: 2_000 }, (_, index): Outcome => (index % 2 === 0 ? 'success' : 'failure'));
    expect(after(well, coin).circuit).toBeUndefined();
  });

  it.each([
    { share: 0.5, openings: 1 },
    { share: 0.6, openings: 6 },
    { share: 0.7, openings: 60 },
  ])('opens by chance for few models of 200 that fail $share of a thousand attempts', ({ share, openings }) => {
    const dice = new Dice(1);
    const models = Array.from({ length: 200 }, () => after(well, drawn(1_000, share, dice)));
    expect(models.filter(({ circuit }) => circuit !== undefined).length).toBeLessThanOrEqual(openings);
  });

  it('opens for every model that fails 95 of 100 attempts, within 150 of them', () => {
    const dice = new Dice(1);
    const models = Array.from({ length: 200 }, () => after(well, drawn(150, 0.95, dice)));
    expect(models.filter(({ circuit }) => circuit === undefined).length).toBeLessThanOrEqual(4);
  });

  it('is closed again within minutes where a model fails 60 of 100 attempts', () => {
    const dice = new Dice(1);
    const shutMs = Array.from({ length: 200 }, () => msUntilClosed(opened, 0.6, dice)).toSorted((a, b) => a - b);
    expect(shutMs[100]).toBeLessThan(2 * 60_000);
    expect(shutMs[190]).toBeLessThan(15 * 60_000);
  });

  it('stays open for hours where a model fails 99 of 100 attempts', () => {
    const dice = new Dice(1);
    const shutMs = Array.from({ length: 50 }, () => msUntilClosed(opened, 0.99, dice));
    expect(Math.min(...shutMs)).toBeGreaterThan(HOUR_MS);
  });

  it('may be told to open only where no attempt succeeds', () => {
    const context = {
      settings: { ...settings, circuit: { ...settings.circuit, failureShare: 1 } },
      now: NOW,
      random: () => 0,
    };
    const withShareOne = (outcomes: readonly Outcome[]): ModelHealth =>
      outcomes.reduce(
        (seen, outcome) => learnOutcome(seen, { isFailure: outcome === 'failure', isCircuitProbe: false }, context),
        well,
      );
    expect(withShareOne(times('failure', 20)).circuit).toBeDefined();
    expect(withShareOne([...times('failure' as const, 19), 'success', 'failure']).circuit).toBeUndefined();
  });

  it('gives no slot while open, and lets one probe pass when its wait is over', () => {
    expect(modelAllowance(opened, NOW)).toBe(0);
    expect(modelAllowance(opened, probing - 1)).toBe(0);
    expect(modelAllowance(opened, probing)).toBe(1);
    expect(modelAllowance({ ...opened, probesInFlight: 1 }, probing)).toBe(0);
    expect(modelAllowance(undefined, NOW)).toBe(Infinity);
  });

  it('opens again when its probe fails, and waits longer each time, up to a bound', () => {
    let health = opened;
    let now = NOW;
    const waits: number[] = [];
    for (let round = 0; round < 8; round += 1) {
      const { probeAt } = health.circuit ?? { probeAt: 0 };
      waits.push(probeAt - now);
      now = probeAt;
      health = probed(health, ['failure'], now);
      expect(health.circuit && circuitState(health.circuit, now)).toBe('open');
    }
    expect(waits.slice(0, 3)).toEqual([probeMs, 2 * probeMs, 4 * probeMs]);
    expect(waits.at(-1)).toBe(probeMaxMs);
  });

  it('closes by a ramp of one, two and four slots, and forgets what opened it', () => {
    const ramp = [0, 1, 2, 3, 4, 5, 6].map((count) =>
      modelAllowance(probed(opened, times('success', count), probing), probing),
    );
    expect(ramp).toEqual([1, 2, 2, 4, 4, 4, 4]);
    const closed = probed(opened, times('success', 7), probing);
    expect(closed.circuit).toBeUndefined();
    expect(modelAllowance(closed, probing)).toBe(Infinity);
    expect(isForgettable(closed, probing)).toBe(true);
    expect(after(closed, times('failure', 19), probing).circuit).toBeUndefined();
  });

  it('opens again on the ramp only by the share of failures that opened it', () => {
    const onTheWay = probed(opened, ['success', 'success', 'success', 'failure'], probing);
    expect(onTheWay.circuit && circuitState(onTheWay.circuit, probing)).toBe('half-open');
    const nine = probed(opened, ['success', ...times('failure' as const, 9)], probing);
    expect(nine.circuit && circuitState(nine.circuit, probing)).toBe('half-open');
    const again = probed(nine, ['failure'], probing);
    expect(again.circuit && circuitState(again.circuit, probing)).toBe('open');
  });

  it('learns of its probes alone, and not of those that it sent before it opened again', () => {
    expect(after(opened, times('success', 50), probing)).toBe(opened);
    expect(probed(opened, times('success', 50), probing - 1)).toBe(opened);
  });

  it('is about now: failures of hours ago count for ever less, and in the end for nothing', () => {
    const failing = after(well, times('failure', 19));
    expect(after(failing, ['failure'], NOW + HOUR_MS).circuit).toBeUndefined();
    expect(after(failing, times('failure', 19), NOW + HOUR_MS).circuit).toBeDefined();
    expect(isForgettable(failing, NOW + HOUR_MS)).toBe(false);
    expect(isForgettable(failing, NOW + 2 * HOUR_MS)).toBe(true);
  });
});

describe('what is known of a model', () => {
  it('is not written for a success of one without failures', () => {
    expect(learn(well, 'success', NOW)).toBe(well);
    expect(isForgettable(well, NOW)).toBe(true);
  });

  it('is deleted once the model succeeds again', () => {
    const flaky = after(well, [...times('failure' as const, 10), 'success']);
    expect(isForgettable(flaky, NOW)).toBe(false);
    expect(isForgettable(after(flaky, ['success']), NOW)).toBe(true);
  });

  it('stays while probes of it hold slots', () => {
    expect(isForgettable({ ...well, probesInFlight: 1 }, NOW)).toBe(false);
  });
});
