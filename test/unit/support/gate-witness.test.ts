import { describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { GateWitness } from '../../simulation/gate-witness.ts';
import type { Reply } from '../../simulation/get3w-model.ts';

/** A witness of a world whose calls take 30 ms at most, with a clock to be set. */
function opened({ isCalm = true } = {}) {
  const problems: string[] = [];
  const clock = { at: 1_000_000 };
  const settings = { ...defaultSettings, gate: { ...defaultSettings.gate, accountProbeMs: 20_000 } };
  const plan = { callMs: [1, 30], settings } as const;
  const witness = new GateWitness({ plan, isCalm, now: () => clock.at, report: (problem) => problems.push(problem) });
  const postAfter = (delayMs: number): void => {
    clock.at += delayMs;
    witness.posted();
  };
  return { witness, problems, postAfter };
}

function answerOf(status: number, retryAfter?: string): Reply {
  return { kind: 'answer', status, text: '{}', retryAfter };
}

describe('the witness of the gate', () => {
  it('reports a POST that comes before Retry-After is over, and none that could not know of it or came after', () => {
    const { witness, problems, postAfter } = opened();
    witness.answered(answerOf(429, '7'));
    postAfter(500);
    postAfter(6_501);
    expect(problems).toEqual([]);
    witness.answered(answerOf(429, '7'));
    postAfter(5_000);
    expect(problems).toEqual(['a POST came 2000 ms before Retry-After was over']);
  });

  it('reports a POST that comes sooner than a probe after a 401 or 403, until Get3W answers otherwise', () => {
    const { witness, problems, postAfter } = opened();
    witness.answered(answerOf(401));
    postAfter(20_000);
    witness.answered(answerOf(403));
    postAfter(10_000);
    expect(problems).toHaveLength(1);
    witness.answered(answerOf(200));
    postAfter(10);
    expect(problems).toHaveLength(1);
  });

  it('demands nothing of the gate where answers may be lost', () => {
    const { witness, problems, postAfter } = opened({ isCalm: false });
    witness.answered(answerOf(429, '7'));
    postAfter(5_000);
    expect(problems).toEqual([]);
  });
});
