// The update of a gate as DynamoDB gets it: it refuses one that names an attribute twice, which dynoxide does not.
// That the right things come of it is the conformance suite's to show.
import { describe, expect, it } from 'vitest';
import { addCounters, readGate, removeIdleCounters } from '../../../core/adapters/dynamodb/gate-item.ts';
import { UpdateExpression } from '../../../core/adapters/dynamodb/update-expression.ts';
import { COUNTER_PREFIX } from '../../../core/contract/items.ts';
import type { Gate } from '../../../core/domain/gate/gate.ts';

function gateWith(idle: number): Gate {
  const counters = Array.from({ length: idle }, (_, index) => [`${COUNTER_PREFIX}c${index}`, { N: '0' }]);
  return readGate({ version: { N: '3' }, ...Object.fromEntries(counters) }) as Gate;
}

/** Attributes that an update names in its clauses, by clause. */
function namedIn(update: UpdateExpression) {
  const { UpdateExpression: text = '', ExpressionAttributeNames: names = {} } = update.toUpdate('t', {
    pk: 'p',
    sk: 's',
  });
  const clause = (word: string) => (new RegExp(`${word} ([^A-Z]*)`).exec(text)?.[1] ?? '').match(/#n\d+/g) ?? [];
  const attributes = (word: string) => clause(word).map((placeholder) => names[placeholder] ?? '');
  return { added: attributes('ADD'), removed: attributes('REMOVE') };
}

describe('reading a gate', () => {
  it('that an earlier release wrote finds nothing missing', () => {
    const written = { version: { N: '7' }, limit: { M: { slots: { N: '20' }, proven: { N: '20' } } } };
    expect(readGate(written)?.limit).toMatchObject({
      slots: 20,
      proven: 20,
      evidence: 0,
      evidenceRoom: 0,
      loweredAt: 0,
    });
  });
});

describe('tidying a gate up', () => {
  it('takes a few counters at zero, and none that the same update moves', () => {
    const update = new UpdateExpression();
    const moved = { c0: 1, c1: -1, c2: 0 };
    addCounters(update, moved);

    removeIdleCounters(update, gateWith(150), moved);

    const { added, removed } = namedIn(update);
    expect(added).toEqual(['n:c0', 'n:c1']);
    expect(removed).toHaveLength(25);
    expect(removed.filter((name) => added.includes(name))).toEqual([]);
    expect(removed[0]).toBe('n:c2');
  });

  it('leaves a gate with few of them alone', () => {
    const update = new UpdateExpression();

    removeIdleCounters(update, gateWith(100), {});

    expect(update.isEmpty).toBe(true);
  });
});
