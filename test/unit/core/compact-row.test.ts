// A task is read back from its row unchanged, whatever is in it, and the usual one stays under 1 KB.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { shortId } from '../../../core/adapters/dynamodb/compact-row.ts';
import { readTask, taskItem } from '../../../core/adapters/dynamodb/task-item.ts';
import {
  storedDelivery,
  storedEndpoint,
  storedEvent,
  storedLane,
  storedSigning,
  storedTask,
} from '../../../core/adapters/dynamodb/stored-names.ts';
import { itemBytes } from '../../support/table/item-units.ts';
import { abandonedAttempt, openAttemptIn, NOW, sampleSlot, sampleTask } from '../../support/sample-task.ts';
import type { StoredFields } from '../../../core/adapters/dynamodb/stored-names.ts';
import type { Attempt, Task } from '../../../core/domain/task/task.ts';

const time = fc.oneof(fc.integer({ min: 0, max: 2 ** 45 }), fc.double({ min: 0, max: 2 ** 42, noNaN: true }));
const digest = fc.oneof(
  fc.stringMatching(/^[0-9a-f]{32}$/),
  fc.stringMatching(/^[0-9a-f]{64}$/),
  fc.string(),
  fc.constant('=x'),
);
const uuid = fc.oneof(fc.uuid(), fc.string(), fc.constant('='));
const failure = fc.record({
  level: fc.constantFrom('http', 'task', 'transport'),
  code: fc.oneof(fc.integer(), fc.string()),
  text: fc.string(),
});

const attempt = fc.record(
  {
    number: fc.nat(),
    state: fc.constantFrom('submitting', 'in-doubt', 'running', 'closed'),
    startedAt: time,
    callbackDigest: digest,
    circuitProbe: fc.boolean(),
    accountProbe: fc.boolean(),
    rank: fc.nat(),
    polls: fc.nat(3),
    acceptedAt: time,
    upstreamId: uuid,
    estimatedMs: fc.double({ noNaN: true, noDefaultInfinity: true, min: 0.1 }),
    endedAt: time,
    outcome: fc.constantFrom('completed', 'failed', 'refused', 'abandoned'),
    failure,
    delayMs: fc.nat(),
    doubt: fc.record({ failure, since: time, resolution: fc.constantFrom('found', 'refused') }),
  },
  { requiredKeys: ['number', 'state', 'startedAt', 'callbackDigest', 'circuitProbe', 'accountProbe', 'rank', 'polls'] },
);

const task = fc
  .record(
    {
      gateId: fc.constantFrom('default', 'main'),
      createdAt: time,
      updatedAt: time,
      deadlineAt: time,
      ends: fc.nat(2),
      priorityMs: fc.integer(),
      weight: fc.constantFrom(1, 2, 0.5),
      money: fc.record(
        {
          priceMicros: fc.nat(),
          day: fc.nat(),
          reason: fc.constantFrom('reserved', 'doubt'),
          isSpent: fc.constant(true),
        },
        { requiredKeys: ['priceMicros', 'reason'] },
      ),
      attempts: fc.array(attempt, { maxLength: 4 }),
      attemptCount: fc.nat(4),
      failures: fc.dictionary(fc.string(), fc.nat()),
      correlationId: uuid,
      input: fc.string(),
      lease: fc.record({ id: uuid, until: time }),
      ticket: fc.record({ kind: fc.constantFrom('fresh', 'retry'), order: time }),
      slot: fc.record({
        kind: fc.constantFrom('fresh', 'retry'),
        circuitProbe: fc.boolean(),
        accountProbe: fc.boolean(),
        rank: fc.nat(),
        grantedAt: time,
      }),
      sweepAt: time,
      result: fc.record({ code: fc.constantFrom(0, 5_003, null), outputs: fc.jsonValue(), error: fc.constant(null) }),
    },
    { requiredKeys: ['createdAt', 'updatedAt', 'deadlineAt', 'attempts', 'failures'] },
  )
  .map((fields) => sampleTask(fields as unknown as Partial<Task>));

function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}

it('gives back any task exactly as it was put in', () => {
  fc.assert(
    fc.property(task, (one) => {
      const read = readTask(taskItem(one, 'commit'));
      // Most of these are impossible: what is stored is still read back.
      expect(asJson(read?.kind === 'sound' ? read.task : read?.damaged.stored)).toEqual(asJson(one));
    }),
    { numRuns: 500 },
  );
});

it('gives no two fields of one object the same stored name', () => {
  const check = (fields: StoredFields): void => {
    const names = Object.values(fields).map(({ as }) => as);
    expect(new Set(names).size).toBe(names.length);
    for (const { fields: inner } of Object.values(fields)) if (inner) check(inner);
  };
  for (const fields of [storedTask, storedEvent, storedDelivery, storedLane, storedEndpoint, storedSigning])
    check(fields);
});

it('keeps a task with two attempts, its webhook and a usual output under 1 KB', () => {
  const digestOf = (letter: string): Pick<Attempt, 'callbackDigest'> => ({ callbackDigest: letter.repeat(32) });
  const closed = {
    ...openAttemptIn('running', 2),
    ...digestOf('b'),
    state: 'closed' as const,
    outcome: 'completed' as const,
    endedAt: NOW,
    upstreamId: '019b0000-0000-7000-8000-0000000000aa',
  };
  const ended = sampleTask({
    accountId: 'acc_019b0000-0000-7000-8000-000000000002',
    status: 'completed',
    webhookUrl: 'https://app.example/hooks/get3w?order=12345',
    correlationId: '019b0000-0000-7000-8000-000000000003',
    attempts: [{ ...abandonedAttempt(1), ...digestOf('a') }, closed],
    attemptCount: 2,
    failures: { 'transport-reset': 1 },
    slot: sampleSlot(),
    due: { at: NOW, by: 'sweep' },
    ends: 1,
    endedAt: NOW,
    result: { code: 0, outputs: [`https://outputs.get3w.example/2026/01/${'o'.repeat(80)}.png`], error: null },
  });

  expect(itemBytes(taskItem(ended, shortId('019b0000-0000-7000-8000-000000000004')))).toBeLessThan(1_024);
});
