import { describe, expect, it } from 'vitest';
import { counterName } from '../../../core/domain/task/derived-counts.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { allocate, queuesInTurn } from '../../../core/domain/gate/fair-queue.ts';
import { queuesOf, sampleGate, viewOf } from '../../support/sample-gate.ts';
import { NOW } from '../../support/sample-task.ts';
import type { Gate } from '../../../core/domain/gate/gate.ts';
import type { GateView } from '../../../core/domain/gate/gate-view.ts';
import type { Candidate } from '../../../core/domain/gate/fair-queue.ts';
import type { SlotKind } from '../../../core/domain/task/slot.ts';

const settings = { ...defaultSettings.gate, limitStart: 8, limitMax: 8 };
const context = { settings, now: NOW, grantsMax: 20 };

function gateWith(counters: Record<string, number> = {}, parts: Partial<Gate> = {}): GateView {
  return viewOf(sampleGate(settings, counters, parts));
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

function grantedTo(gate: GateView, wanting: readonly Candidate[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { candidate } of allocate(gate, wanting, context).grants) {
    counts[candidate.accountId] = (counts[candidate.accountId] ?? 0) + 1;
  }
  return counts;
}

describe('fair shares between accounts', () => {
  it('are by weight, whichever account came first and however many tasks it has', () => {
    const wanting = [
      ...candidates(50, { accountId: 'crowd', order: NOW - 1_000 }),
      ...candidates(5, { accountId: 'few' }),
      ...candidates(5, { accountId: 'heavy', weight: 2 }),
    ];
    expect(grantedTo(gateWith(), wanting)).toEqual({ crowd: 2, few: 2, heavy: 4 });
  });

  it('go on over many hand-overs of one slot each', () => {
    const counts: Record<string, number> = {};
    let view = gateWith({ [counterName.inFlight]: 7 });
    for (let round = 0; round < 80; round += 1) {
      const wanting = [...candidates(1), ...candidates(1, { accountId: 'heavy', weight: 3 })];
      const { gate, grants, turns } = allocate(view, wanting, context);
      for (const { candidate } of grants) counts[candidate.accountId] = (counts[candidate.accountId] ?? 0) + 1;
      const served = turns.map((turn) => queuesOf(turn.accountId, {}, turn));
      view = viewOf(gate, {
        queues: [...new Map([...view.queues.values(), ...served].map((one) => [one.accountId, one])).values()],
      });
    }
    expect(counts).toEqual({ one: 20, heavy: 60 });
  });

  it('do not let an account make up for idle time', () => {
    const queues = [queuesOf('busy', { 'a/b/c': 9 }, { finishTime: 100 }), queuesOf('idle', {}, { finishTime: 3 })];
    const view = viewOf(sampleGate(settings, {}, { virtualTime: 99 }), { queues });
    const wanting = [...candidates(9, { accountId: 'busy' }), ...candidates(9, { accountId: 'idle' })];
    expect(grantedTo(view, wanting)).toEqual({ busy: 4, idle: 4 });
  });

  it('are counted only while a task goes without a slot', () => {
    const wanting = [...candidates(4), ...candidates(4, { accountId: 'two' })];
    expect(allocate(gateWith(), wanting, context)).toMatchObject({ turns: [], gate: { virtualTime: 0 } });
    const contested = allocate(gateWith(), [...wanting, ...candidates(1, { accountId: 'three' })], context);
    expect(contested.turns.map(({ accountId }) => accountId).sort()).toEqual(['one', 'three', 'two']);
    const others = viewOf(sampleGate(settings), { queues: [queuesOf('waits', { 'a/b/c': 1 })] });
    expect(allocate(others, candidates(1), context).turns).toEqual([
      { accountId: 'one', weight: 1, finishTime: 1, servedAt: NOW },
    ]);
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
    const models = Array.from({ length: 20 }, (_, model) => [`m/${model}/t`, 3] as const);
    const queues = [
      queuesOf('early', Object.fromEntries(models), { kind: 'retry' }),
      queuesOf('late', { 'a/b/c': 1 }, { finishTime: 5 }),
    ];
    const gate = sampleGate(
      settings,
      { [counterName.inFlight]: 4, [counterName.retriesInFlight]: 2 },
      { virtualTime: 1 },
    );
    const read = queuesInTurn(viewOf(gate, { queues }), settings, 0);
    expect(read[0]).toMatchObject({ kind: 'fresh', accountId: 'late' });
    expect(read).toHaveLength(21);
  });
});

describe('the queues that are next', () => {
  const models = Object.fromEntries(Array.from({ length: 30 }, (_, model) => [`m/${model}/t`, 1]));
  const many = queuesOf('many', models);
  const view = viewOf(sampleGate(settings), {
    queues: [many, queuesOf('few', { 'a/b/c': 1 }), queuesOf('heavy', models, { weight: 4 })],
  });

  it('include every account, and not all tasks of one before the first of another', () => {
    const first = queuesInTurn(view, settings, 0)
      .slice(0, 7)
      .map(({ accountId }) => accountId);
    expect(Map.groupBy(first, (accountId) => accountId).get('heavy')).toHaveLength(4);
    expect(first).toContain('few');
    expect(first).toContain('many');
  });

  it('begin with another of the same account each time, so that each gets its turn', () => {
    const heads = [0, 0.25, 0.5, 0.75].map(
      (random) => queuesInTurn(viewOf(sampleGate(settings), { queues: [many] }), settings, random)[0]?.model,
    );
    expect(new Set(heads).size).toBe(4);
  });
});

describe('the limit', () => {
  it('is never exceeded, however many are in flight and however many wait', () => {
    for (let inFlight = 0; inFlight <= 10; inFlight += 1) {
      const { grants } = allocate(gateWith({ [counterName.inFlight]: inFlight }), candidates(30), context);
      expect(grants).toHaveLength(Math.max(0, 8 - inFlight));
      expect(grants.map(({ slot }) => slot.rank)).toEqual(grants.map((_, index) => inFlight + index + 1));
    }
  });

  it('grants nothing while the gate is paused, and one slot to probe a refused account', () => {
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
