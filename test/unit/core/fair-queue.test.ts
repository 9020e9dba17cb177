import { describe, expect, it } from 'vitest';
import { counterName } from '../../../core/domain/task/derived-counts.ts';
import { newGate } from '../../../core/domain/gate/gate.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { formatQueueKey } from '../../../core/domain/task/slot.ts';
import { allocate, queuesToRead } from '../../../core/domain/gate/fair-queue.ts';
import { NOW } from '../../support/sample-task.ts';
import type { Gate } from '../../../core/domain/gate/gate.ts';
import type { Candidate } from '../../../core/domain/gate/fair-queue.ts';
import type { SlotKind } from '../../../core/domain/task/slot.ts';

const settings = { ...defaultSettings.gate, limitStart: 8, limitMax: 8 };
const context = { settings, now: NOW, grantsMax: 20 };

function gateWith(counters: Record<string, number> = {}, parts: Partial<Gate> = {}): Gate {
  return {
    ...newGate('default', settings, NOW),
    counters,
    ...parts,
  };
}

interface Want {
  readonly accountId?: string;
  readonly kind?: SlotKind;
  readonly model?: string;
  readonly weight?: number;
  readonly order?: number;
}

function candidates(count: number, want: Want = {}): Candidate[] {
  return Array.from({ length: count }, (_, index) => {
    const { accountId = 'one', kind = 'fresh', model = 'a/b/c', weight = 1, order = NOW } = want;
    return { taskId: `${accountId}-${kind}-${model}-${index}`, accountId, kind, model, weight, order: order + index };
  });
}

function grantedTo(gate: Gate, wanting: readonly Candidate[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { candidate } of allocate(gate, wanting, context).grants) {
    counts[candidate.accountId] = (counts[candidate.accountId] ?? 0) + 1;
  }
  return counts;
}

describe('fair shares between accounts', () => {
  it('are by weight, whoever came first and with however many tasks', () => {
    const wanting = [
      ...candidates(50, { accountId: 'crowd', order: NOW - 1_000 }),
      ...candidates(5, { accountId: 'few' }),
      ...candidates(5, { accountId: 'heavy', weight: 2 }),
    ];
    expect(grantedTo(gateWith(), wanting)).toEqual({ crowd: 2, few: 2, heavy: 4 });
  });

  it('go on over many hand-overs of one slot each', () => {
    const counts: Record<string, number> = {};
    let gate = gateWith({ [counterName.inFlight]: 7 });
    for (let round = 0; round < 80; round += 1) {
      const wanting = [...candidates(1), ...candidates(1, { accountId: 'heavy', weight: 3 })];
      const allocation = allocate(gate, wanting, context);
      for (const { candidate } of allocation.grants) {
        counts[candidate.accountId] = (counts[candidate.accountId] ?? 0) + 1;
      }
      gate = allocation.gate;
    }
    expect(counts).toEqual({ one: 20, heavy: 60 });
  });

  it('give an account that was idle no right to make up for it', () => {
    const finishTimes = { busy: 100, idle: 3 };
    const gate = gateWith({ [counterName.waiting('fresh|busy|a/b/c')]: 9 }, { finishTimes, virtualTime: 99 });
    const wanting = [...candidates(9, { accountId: 'busy' }), ...candidates(9, { accountId: 'idle' })];
    expect(grantedTo(gate, wanting)).toEqual({ busy: 4, idle: 4 });
  });

  it('leave the order within an account to age and priority', () => {
    const urgent = candidates(1, { order: NOW - 60_000, model: 'd/e/f' });
    const [first] = allocate(gateWith(), [...candidates(9), ...urgent], context).grants;
    expect(first?.candidate.taskId).toBe(urgent[0]?.taskId);
  });
});

describe('the share of retries', () => {
  it('is a quarter of the slots while fresh tasks wait, and all of them when none do', () => {
    const retries = candidates(8, { kind: 'retry', order: NOW - 1_000 });
    const kinds = (wanting: Candidate[]) =>
      allocate(gateWith(), wanting, context).grants.filter(({ slot }) => slot.kind === 'retry').length;
    expect(kinds([...retries, ...candidates(8)])).toBe(2);
    expect(kinds(retries)).toBe(8);
  });

  it('counts the retries that run already', () => {
    const gate = gateWith({ [counterName.inFlight]: 2, [counterName.retriesInFlight]: 2 });
    const { grants } = allocate(gate, [...candidates(8, { kind: 'retry' }), ...candidates(8)], context);
    expect(grants.every(({ slot }) => slot.kind === 'fresh')).toBe(true);
  });

  it('that is used up puts the queues of retries last, so that they cannot hide fresh tasks', () => {
    const counters: Record<string, number> = {
      [counterName.inFlight]: 4,
      [counterName.retriesInFlight]: 2,
      [counterName.waiting(formatQueueKey({ kind: 'fresh', accountId: 'late', model: 'a/b/c' }))]: 1,
    };
    for (let model = 0; model < 20; model += 1) {
      counters[counterName.waiting(formatQueueKey({ kind: 'retry', accountId: 'early', model: `m/${model}/t` }))] = 3;
    }
    const read = queuesToRead(gateWith(counters, { finishTimes: { late: 5 }, virtualTime: 1 }), settings);
    expect(read[0]).toMatchObject({ kind: 'fresh', accountId: 'late' });
    expect(read).toHaveLength(21);
  });
});

describe('the limit', () => {
  it('is never passed, however many are in flight already and however many want in', () => {
    for (let inFlight = 0; inFlight <= 10; inFlight += 1) {
      const { grants } = allocate(gateWith({ [counterName.inFlight]: inFlight }), candidates(30), context);
      expect(grants).toHaveLength(Math.max(0, 8 - inFlight));
      expect(grants.map(({ slot }) => slot.rank)).toEqual(grants.map((_, index) => inFlight + index + 1));
    }
  });

  it('gives nothing while the gate is paused, and one slot to find out whether a refused account is well again', () => {
    const operatorPause = { since: NOW, by: 'acc_operator' };
    const limited = { reason: 'limited', since: NOW, until: NOW + 1 } as const;
    const refused = { reason: 'account', since: NOW, status: 403, probeWaitMs: 1_000 } as const;
    const grants = (parts: Partial<Gate>) => allocate(gateWith({}, parts), candidates(9), context).grants;
    expect(grants({ operatorPause })).toHaveLength(0);
    expect(grants({ pause: limited })).toHaveLength(0);
    expect(grants({ pause: { ...refused, probeAt: NOW + 1 } })).toHaveLength(0);
    expect(grants({ pause: { ...refused, probeAt: NOW } })).toMatchObject([{ slot: { accountProbe: true } }]);
  });
});
