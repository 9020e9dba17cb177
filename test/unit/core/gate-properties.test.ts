// What holds of the fair queue and of the learned limit whatever comes, over thousands of made-up gates.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allocate } from '../../../core/domain/gate/fair-queue.ts';
import { newGate } from '../../../core/domain/gate/gate.ts';
import { learnFromAccepted, learnFromLimited, startLimitProbe } from '../../../core/domain/gate/limit-learning.ts';
import { counterName } from '../../../core/domain/task/derived-counts.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { sampleGate, viewOf } from '../../support/sample-gate.ts';
import { NOW } from '../../support/sample-task.ts';
import type { Allocation, Candidate } from '../../../core/domain/gate/fair-queue.ts';
import type { Gate } from '../../../core/domain/gate/gate.ts';

const accounts = ['ann', 'bob', 'cyd', 'dan'] as const;
/** An account has one weight, however many of its tasks wait. */
const weights: Readonly<Record<string, number>> = { ann: 1, bob: 2, cyd: 5, dan: 0.5 };

const candidate = fc.record({
  accountId: fc.constantFrom(...accounts),
  model: fc.constantFrom('a/b/c', 'd/e/f'),
  kind: fc.constantFrom('fresh' as const, 'retry' as const),
  order: fc.integer({ min: NOW - 100, max: NOW }),
});
const crowd = fc
  .array(candidate, { maxLength: 80 })
  .map((wants) =>
    wants.map((want, index): Candidate => ({ ...want, taskId: `t${index}`, weight: weights[want.accountId] ?? 1 })),
  );
const slots = fc.integer({ min: 1, max: 60 });

function give(candidates: readonly Candidate[], limit: number, grantsMax: number = 100): Allocation {
  const settings = { ...defaultSettings.gate, limitStart: limit, limitMax: limit };
  return allocate(viewOf(sampleGate(settings)), candidates, { settings, now: NOW, grantsMax });
}

function retriesMax(limit: number): number {
  return Math.max(1, Math.floor(limit * defaultSettings.gate.retryShare));
}

describe('whichever tasks wait, the fair queue', () => {
  it('gives each task one slot at most, and no more slots than are free', () => {
    fc.assert(
      fc.property(crowd, slots, fc.integer({ min: 1, max: 20 }), (candidates, limit, grantsMax) => {
        const { grants } = give(candidates, limit, grantsMax);
        const ids = grants.map((grant) => grant.candidate.taskId);
        expect(new Set(ids).size).toBe(ids.length);
        expect(grants.length).toBeLessThanOrEqual(Math.min(limit, grantsMax, candidates.length));
        expect(grants.map(({ slot }) => slot.rank)).toEqual(grants.map((_, index) => index + 1));
      }),
    );
  });

  it('leaves no slot free while a fresh task waits for one', () => {
    fc.assert(
      fc.property(crowd, slots, (candidates, limit) => {
        const { grants } = give(candidates, limit);
        const fresh = candidates.filter(({ kind }) => kind === 'fresh');
        const freshGranted = grants.filter((grant) => grant.candidate.kind === 'fresh').length;
        if (grants.length < limit) expect(freshGranted).toBe(fresh.length);
        // While no fresh task waits, retries may have all slots.
        if (fresh.length === 0) expect(grants).toHaveLength(Math.min(limit, candidates.length));
      }),
    );
  });

  it('gives retries no more than their share while fresh tasks wait', () => {
    fc.assert(
      fc.property(crowd, slots, (candidates, limit) => {
        const { grants } = give(candidates, limit);
        const isFreshLeft = candidates.some(
          ({ kind, taskId }) => kind === 'fresh' && !grants.some((grant) => grant.candidate.taskId === taskId),
        );
        const retries = grants.filter((grant) => grant.candidate.kind === 'retry').length;
        if (isFreshLeft) expect(retries).toBeLessThanOrEqual(retriesMax(limit));
      }),
    );
  });

  it('serves one account, model and kind in its own order', () => {
    fc.assert(
      fc.property(crowd, slots, (candidates, limit) => {
        const queues = Map.groupBy(give(candidates, limit).grants, ({ candidate: { accountId, model, kind } }) =>
          [accountId, model, kind].join(),
        );
        for (const granted of queues.values()) {
          const orders = granted.map((grant) => grant.candidate.order);
          expect(orders).toEqual([...orders].sort((a, b) => a - b));
        }
      }),
    );
  });

  it('shares by weight among accounts that all wait for more, to within one task of each', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.constantFrom(...accounts), { minLength: 2 }), slots, (accounts, limit) => {
        const wanting = accounts.flatMap((accountId) =>
          Array.from({ length: limit }, (_, index): Candidate => {
            const queue = { accountId, model: 'a/b/c', kind: 'fresh' } as const;
            return { ...queue, taskId: `${accountId}-${index}`, order: NOW + index, weight: weights[accountId] ?? 1 };
          }),
        );
        const served = Map.groupBy(give(wanting, limit).grants, (grant) => grant.candidate.accountId);
        const turnsOf = (accountId: string) => (served.get(accountId)?.length ?? 0) / (weights[accountId] ?? 1);
        for (const one of accounts) {
          for (const other of accounts) {
            const bound = 1 / (weights[one] ?? 1) + 1 / (weights[other] ?? 1);
            expect(Math.abs(turnsOf(one) - turnsOf(other))).toBeLessThanOrEqual(bound + 1e-9);
          }
        }
      }),
    );
  });
});

const settings = { ...defaultSettings.gate, limitStart: 2, limitMax: 100 };
const happening = fc.record({
  what: fc.constantFrom('accepted' as const, 'limited' as const, 'probe' as const),
  afterMs: fc.integer({ min: 0, max: 120_000 }),
  inFlight: fc.integer({ min: 0, max: 120 }),
});

interface Learned {
  readonly before: Gate;
  readonly after: Gate;
  readonly what: 'accepted' | 'limited' | 'probe';
}

function learn(happenings: readonly (typeof happening extends fc.Arbitrary<infer T> ? T : never)[]): Learned[] {
  let now = NOW;
  let gate = newGate('default', settings, NOW);
  return happenings.map(({ what, afterMs, inFlight }) => {
    now += afterMs;
    const before: Gate = { ...gate, counters: { [counterName.inFlight]: inFlight } };
    if (what === 'accepted') gate = learnFromAccepted(before, [Math.max(1, inFlight)], settings, now);
    else if (what === 'limited') gate = learnFromLimited(before, [{ startedAt: now - 50 }], settings, now);
    else gate = startLimitProbe(before, settings, now);
    return { before, after: gate, what };
  });
}

describe('whatever Get3W answers, the learned limit', () => {
  it('stays between one and the configured maximum', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 60 }), (happenings) => {
        for (const { after } of learn(happenings)) {
          expect(after.limit.slots).toBeGreaterThanOrEqual(1);
          expect(after.limit.slots).toBeLessThanOrEqual(settings.limitMax);
          expect(after.limit.evidence).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  it('is never raised by a refusal', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 60 }), (happenings) => {
        for (const { before, after, what } of learn(happenings)) {
          if (what === 'limited') expect(after.limit.slots).toBeLessThanOrEqual(before.limit.slots);
        }
      }),
    );
  });

  it('is never lowered by one refusal alone', () => {
    fc.assert(
      fc.property(fc.integer({ min: 4, max: 100 }), fc.integer({ min: 1, max: 100 }), (rest, inFlight) => {
        const fresh = newGate('default', settings, NOW);
        const limit = { ...fresh.limit, slots: rest, proven: rest, isBounded: true, evidence: 0, probeAt: NOW + 1e6 };
        const gate: Gate = { ...fresh, limit, counters: { [counterName.inFlight]: inFlight } };
        expect(learnFromLimited(gate, [{ startedAt: NOW - 50 }], settings, NOW).limit.slots).toBe(rest);
      }),
    );
  });
});
