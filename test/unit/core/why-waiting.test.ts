import { describe, expect, it } from 'vitest';
import { whyWaiting } from '../../../core/domain/gate/why-waiting.ts';
import { wellModel } from '../../../core/domain/gate/circuit.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { sampleGate } from '../../support/sample-gate.ts';
import { NOW, sampleAttempt, sampleSlot, sampleTask } from '../../support/sample-task.ts';
import type { Gate, Pause } from '../../../core/domain/gate/gate.ts';
import type { WaitingPlace } from '../../../core/domain/gate/why-waiting.ts';

const SINCE = NOW - 60_000;
const SINCE_TEXT = 'since 2026-01-01T11:59:00.000Z';
const waiting = sampleTask({ status: 'waiting', ticket: { kind: 'fresh', order: 1, version: 1 } });
const limited: Pause = { reason: 'limited', since: SINCE, until: NOW + 4_000 };
const refused: Pause = { reason: 'account', since: SINCE, status: 401, probeAt: NOW + 600_000, probeWaitMs: 600_000 };

function at(parts: Partial<Gate>, rest: Partial<WaitingPlace> = {}): WaitingPlace {
  return { gate: sampleGate(defaultSettings.gate, {}, parts), health: undefined, tasks: 601, before: 13, ...rest };
}

function circuitWith(probeAt: number, probesInFlight: number) {
  const circuit = { since: SINCE, probeAt, probes: 0, successes: 0, failures: 0 };
  return { ...wellModel(NOW, 1, probesInFlight), circuit };
}

describe('why a task waits', () => {
  it('is its place in its queue while every slot is in use', () => {
    const slots = at({}).gate.limit.slots;
    const text = `all ${slots} slots are in use; place 14 of 601 in its queue`;
    expect(whyWaiting(waiting, at({}), NOW)).toEqual({ reason: 'slots-in-use', text });
  });

  it('names no place behind more tickets than were read, and never one behind the end of its queue', () => {
    expect(whyWaiting(waiting, at({}, { before: undefined }), NOW)?.text).toContain('far back of 601');
    expect(whyWaiting(waiting, at({}, { tasks: 3 }), NOW)?.text).toContain('place 14 of 14');
  });

  it('is the circuit of its model, with its next trial', () => {
    const found = whyWaiting(waiting, at({}, { health: circuitWith(NOW + 8_000, 0) }), NOW);
    expect(found).toMatchObject({ reason: 'circuit-open', until: NOW + 8_000 });
    expect(found?.text).toBe(
      `circuit of vendor/model/task open ${SINCE_TEXT}, because nearly all its attempts failed; next trial in 8 s`,
    );
    const onTrial = whyWaiting(waiting, at({}, { health: circuitWith(NOW - 60_000, 1) }), NOW);
    expect(onTrial).toMatchObject({ reason: 'circuit-probing', text: expect.stringContaining('1 of its tasks') });
    // The ramp has room: then the slots are what it waits for.
    expect(whyWaiting(waiting, at({}, { health: circuitWith(NOW - 60_000, 0) }), NOW)?.reason).toBe('slots-in-use');
  });

  it('is what stops every task before what stops its model: an operator, then a refused key, then a 429', () => {
    const health = circuitWith(NOW + 8_000, 0);
    const operatorPause = { since: SINCE, by: 'acc_operator' };
    const paused = whyWaiting(waiting, at({ pause: refused, operatorPause }, { health }), NOW);
    expect(paused).toEqual({ reason: 'operator-pause', text: `an operator paused all submits ${SINCE_TEXT}` });
    const unpaid = whyWaiting(waiting, at({ pause: refused }, { health }), NOW);
    expect(unpaid).toMatchObject({ reason: 'account-refused', until: NOW + 600_000 });
    expect(unpaid?.text).toBe(`Get3W refused the relay's key with 401 ${SINCE_TEXT}; next trial in 10 min`);
    const slowed = whyWaiting(waiting, at({ pause: limited }, { health }), NOW);
    expect(slowed).toMatchObject({ reason: 'limited', until: NOW + 4_000 });
    expect(slowed?.text).toBe(`Get3W limits the relay's submits with 429 ${SINCE_TEXT}; they go on in 4 s`);
    const over = at({ pause: { ...limited, until: NOW - 1 } }, { health });
    expect(whyWaiting(waiting, over, NOW)?.reason).toBe('circuit-open');
  });

  it('is its backoff, with what the last attempt met', () => {
    const failure = { level: 'task', code: 5003, text: 'Service busy' } as const;
    const attempts = [sampleAttempt({ state: 'closed', outcome: 'failed', failure, endedAt: NOW })];
    const task = sampleTask({ status: 'backoff', attempts, attemptCount: 1, nextAttemptAt: NOW + 3 * 3_600_000 });
    const text = 'attempt 1 ended with task 5003; the next one begins in 3 h';
    expect(whyWaiting(task, undefined, NOW)).toEqual({ reason: 'backoff', until: NOW + 3 * 3_600_000, text });
  });

  it('is a lost answer, until the doubt is over', () => {
    const due = { at: NOW + 90_000, by: 'sweep' } as const;
    const task = sampleTask({
      status: 'in-doubt',
      attempts: [sampleAttempt({ state: 'in-doubt' })],
      attemptCount: 1,
      due,
    });
    const found = whyWaiting(task, undefined, NOW);
    expect(found).toMatchObject({ reason: 'answer-lost', until: NOW + 90_000 });
    expect(found?.text).toMatch(/attempt 1 was lost.*over in 90 s$/);
  });

  it('is nothing of the relay’s while Get3W works on it, and after its end', () => {
    for (const status of ['submitting', 'running', 'completed', 'failed', 'cancelled'] as const) {
      expect(whyWaiting(sampleTask({ status }), undefined, NOW)).toBeUndefined();
    }
  });

  it('is the message that is on its way, with or without a slot', () => {
    expect(whyWaiting(sampleTask(), undefined, NOW)).toMatchObject({
      reason: 'due',
      text: expect.stringContaining('is about to ask for a slot'),
    });
    const granted = whyWaiting(sampleTask({ slot: sampleSlot() }), undefined, NOW);
    expect(granted?.text).toContain('has a slot');
  });
});
