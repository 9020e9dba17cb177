// Rows of a gate as DynamoDB gets them: it refuses an update that names an attribute twice, which dynoxide does not, and bills
// by the whole row. The conformance suite shows that the results are right.
import { describe, expect, it } from 'vitest';
import { addCounters, gateCreation, readGate } from '../../../core/adapters/dynamodb/gate-item.ts';
import { gateWrites } from '../../../core/adapters/dynamodb/gate-writes.ts';
import { idleRemovals, readQueues } from '../../../core/adapters/dynamodb/queue-item.ts';
import { newGate } from '../../../core/domain/gate/gate.ts';
import { defaultRetention } from '../../../core/domain/retention-settings.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { keyOf, QUEUE_PREFIX } from '../../../core/contract/items.ts';
import { itemBytes } from '../../support/table/item-units.ts';
import { NOW, sampleTask } from '../../support/sample-task.ts';
import type { UpdateExpression } from '../../../core/adapters/dynamodb/update-expression.ts';
import type { Gate } from '../../../core/domain/gate/gate.ts';
import type { Commit } from '../../../core/ports/ports.ts';

/** Attributes that an update names in its clauses, by clause. */
function namedIn(update: UpdateExpression) {
  const { UpdateExpression: text = '', ExpressionAttributeNames: names = {} } = update.toUpdate('t', {
    pk: 'p',
    sk: 's',
  });
  const clause = (word: string) => (new RegExp(`${word} ([^A-Z]*)`).exec(text)?.[1] ?? '').match(/#n\d+/g) ?? [];
  const attributes = (word: string) => clause(word).map((placeholder) => names[placeholder] ?? '');
  return { removed: attributes('REMOVE') };
}

/** A row of an account with so many counters. */
function rowWith(queues: number, count = '0', suffix = '') {
  const counters = Array.from({ length: queues }, (_, index) => [`${QUEUE_PREFIX}fresh|m${index}`, { N: count }]);
  const { pk, sk } = keyOf.queues('default', 'acc_one');
  return { pk: { S: pk }, sk: { S: sk + suffix }, weight: { N: '1' }, ...Object.fromEntries(counters) };
}

const context = { tableName: 't', commitId: 'c', retention: defaultRetention, seen: new Map() };

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

  it('costs one unit together with all that ends have counted beside it', () => {
    const ids = Array.from({ length: 1_000 }, (_, index) => keyOf.slotReleases('default', `commit-${index}`));
    const keys = [...new Map(ids.map(({ pk, sk }) => [sk, { pk: { S: pk }, sk: { S: sk } }])).values()];
    const counts = {
      inFlight: -40_000_000,
      releases: 40_000_000,
      retriesInFlight: -40_000_000,
      outcomes: 1e9,
      heldMs: 1e13,
    };
    const counted = Object.entries(counts).map(([name, sum]) => [`n:${name}`, { N: String(sum) }]);
    const bytes = keys.reduce((sum, key) => sum + itemBytes({ ...key, ...Object.fromEntries(counted) }), 0);
    expect(keys.length).toBeGreaterThan(20);
    // What a gate that is neither paused nor probed has in its own row.
    expect(bytes + 512).toBeLessThan(4_096);
  });
});

describe('the rows of an account that waits', () => {
  it('lose some names of idle queues, each on condition that it still is idle', () => {
    const [own, beside] = [rowWith(30, '-2'), rowWith(30, '2', '#1')];
    const { idle = [] } = readQueues([own, beside]);
    expect(idle).toHaveLength(30);

    const removals = idleRemovals([own, beside], idle);

    expect(removals.map(({ key }) => key.sk)).toEqual([own.sk.S, beside.sk.S]);
    for (const { update } of removals)
      expect(namedIn(update).removed).toEqual(idle.slice(0, 10).map((name) => `q:${name}`));
    expect(removals[0]?.update.toUpdate('t', { pk: 'p', sk: 's' }).ConditionExpression?.split(' AND ')).toHaveLength(
      10,
    );
  });

  it('keep a few of them', () => {
    expect(readQueues([rowWith(20)]).idle).toBeUndefined();
  });

  it('are its own first, so that a reader never sees a task leave that it has not seen come', () => {
    const own = keyOf.queues('default', 'acc_one');
    const beside = ['a', 'b', 'c', 'd'].map((commitId) => keyOf.joins('default', 'acc_one', commitId));
    for (const { pk, sk } of beside) {
      expect(pk).toBe(own.pk);
      expect(sk > own.sk).toBe(true);
    }
    expect(new Set(beside.map(({ sk }) => sk)).size).toBeGreaterThan(1);
  });

  it('are written beside its own only for tickets, and only where slots go from hand to hand', () => {
    const arrives = { after: sampleTask({ status: 'waiting', ticket: { kind: 'fresh', order: NOW, version: 1 } }) };
    const leaves = { before: arrives.after, after: sampleTask({ id: 'b' }) };
    const keysOf = (commit: Commit) =>
      gateWrites(commit, context).map(({ write }) => (write.Update?.Key?.['sk']?.S ?? '').split('#').length);

    expect(keysOf({ changes: [arrives], countsBeside: true })).toEqual([3]);
    expect(keysOf({ changes: [arrives] })).toEqual([2]);
    expect(keysOf({ changes: [leaves], countsBeside: true })).toEqual([2]);
  });
});
