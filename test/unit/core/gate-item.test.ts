// Rows of a gate as DynamoDB gets them: it refuses an update that names an attribute twice, which dynoxide does not, and bills
// by the whole row. The conformance suite shows that the results are right.
import { describe, expect, it } from 'vitest';
import { addCounters, gateCreation, readGate } from '../../../core/adapters/dynamodb/gate-item.ts';
import { queueUpdate, readQueues } from '../../../core/adapters/dynamodb/queue-item.ts';
import { newGate } from '../../../core/domain/gate/gate.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { keyOf, QUEUE_PREFIX } from '../../../core/contract/items.ts';
import { itemBytes } from '../../support/table/item-units.ts';
import { NOW } from '../../support/sample-task.ts';
import type { UpdateExpression } from '../../../core/adapters/dynamodb/update-expression.ts';
import type { Gate } from '../../../core/domain/gate/gate.ts';

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

function rowWith(idle: number) {
  const counters = Array.from({ length: idle }, (_, index) => [`${QUEUE_PREFIX}fresh|m${index}`, { N: '0' }]);
  const { sk } = keyOf.queues('default', 'acc_one');
  return readQueues({ sk: { S: sk }, weight: { N: '1' }, ...Object.fromEntries(counters) });
}

describe('reading a gate', () => {
  it('that an earlier release wrote finds nothing missing', () => {
    const written = { version: { N: '7' }, limit: { M: { slots: { N: '20' }, proven: { N: '20' } } } };
    expect(readGate([written])?.limit).toMatchObject({
      slots: 20,
      proven: 20,
      evidence: 0,
      evidenceRoom: 0,
      loweredAt: 0,
    });
  });

  it('costs one unit a write, with everything in it that a gate can know', () => {
    const full: Gate = {
      ...newGate('default', defaultSettings.gate, NOW),
      pause: { reason: 'account', since: NOW, status: 403, probeAt: NOW, probeWaitMs: 300_000 },
      operatorPause: { since: NOW, by: `acc_${'o'.repeat(60)}` },
      virtualTime: 123_456.789_012_345,
      waitingWeight: 1_234.5,
      wakeAt: NOW,
    };
    const update = gateCreation(full);
    const names = { inFlight: 10_000, retriesInFlight: 2_500, accountProbesInFlight: 1, outcomes: 1e9, heldMs: 1e14 };
    addCounters(update, names);
    const { ExpressionAttributeNames: known = {}, ExpressionAttributeValues: values = {} } = update.toUpdate(
      'relay',
      keyOf.gate('default'),
    );
    const row = Object.values(known).map((name, index) => [name, Object.values(values)[index] ?? { S: '' }]);
    const commitId = { S: 'c'.repeat(36) };
    expect(
      itemBytes({ ...Object.fromEntries(row), pk: { S: 'GATE#default' }, sk: { S: 'GATE' }, commitId }),
    ).toBeLessThan(1_024);
  });
});

describe('tidying the queues of an account', () => {
  const turn = { accountId: 'acc_one', weight: 1, finishTime: 3, servedAt: NOW };

  it('takes a few that are idle, and none that the same update moves', () => {
    const { idle } = rowWith(30);
    const moved = { 'fresh|m0': 1, 'fresh|m1': -1, 'fresh|m2': 0 };
    const delta = { accountId: 'acc_one', weight: 1, waiting: moved };

    const { added, removed } = namedIn(queueUpdate({ delta, turn: { ...turn, idle } }, true));

    expect(added).toEqual(['q:fresh|m0', 'q:fresh|m1']);
    expect(removed).toHaveLength(10);
    expect(removed.filter((name) => added.includes(name))).toEqual([]);
    expect(removed[0]).toBe('q:fresh|m2');
  });

  it('takes none where it conflicted before, and none of a row that names few', () => {
    expect(namedIn(queueUpdate({ turn: { ...turn, idle: rowWith(30).idle } }, false)).removed).toEqual([]);
    expect(rowWith(20).idle).toBeUndefined();
  });
});
