// A decision that would write an impossible task is counted, logged and thrown; any other fault is only thrown.
import { expect, it } from 'vitest';
import { decideSoundly } from '../../../core/flows/decide-soundly.ts';
import { RelayError } from '../../../core/domain/relay-error.ts';
import { MemoryRelay } from '../../support/memory-relay.ts';
import { NOW, sampleTask } from '../../support/sample-task.ts';
import type { FlowPorts } from '../../../core/ports/flow-ports.ts';

const cancel = { type: 'cancel-requested' } as const;

/** Ports over memory that keep what is logged as an error. */
function listening(parts: Partial<FlowPorts> = {}) {
  const relay = new MemoryRelay();
  const logged: unknown[][] = [];
  const error = (...line: unknown[]) => void logged.push(line);
  const { clock, randomSource, doorbells, places, store, settings, metrics } = relay;
  const ports = {
    clock,
    randomSource,
    doorbells,
    places,
    store,
    settings,
    metrics,
    log: { ...relay.log, error },
    ...parts,
  };
  return { ports, logged, lines: relay.lines };
}

it('decides as decide does where the task stays sound', () => {
  const { ports, logged, lines } = listening();
  expect(decideSoundly(ports, sampleTask(), cancel)).toMatchObject({ kind: 'changed', task: { status: 'cancelled' } });
  expect([logged, lines]).toEqual([[], []]);
});

it('counts and logs an unsound decision with its task and its event, and throws it', () => {
  const { ports, logged, lines } = listening();
  const impossible = sampleTask({ ends: -1 });
  const unsound = expect.objectContaining({ code: 'decision-unsound' }) as unknown;
  expect(() => decideSoundly(ports, impossible, cancel)).toThrow(RelayError);
  const about = { taskId: impossible.id, event: 'cancel-requested' };
  expect(lines).toEqual([{ values: { TasksDamaged: 1 }, properties: about }]);
  expect(logged).toEqual([
    ['A decision was refused: its task would be in an impossible state', { ...about, error: unsound }],
  ]);
});

it.each([
  ['another fault of the relay', new RelayError('store-unavailable', 'no answer')],
  ['a fault of another kind that has the same code', Object.assign(new Error('no'), { code: 'decision-unsound' })],
])('throws %s and counts no damaged task', (_what, fault) => {
  const now = (): number => {
    throw fault;
  };
  const { ports, logged, lines } = listening({
    clock: { now, sleep: async () => undefined },
  });
  expect(() => decideSoundly(ports, sampleTask({ endedAt: NOW }), cancel)).toThrow(fault);
  expect([logged, lines]).toEqual([[], []]);
});
