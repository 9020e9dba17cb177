// What `relay dead-letters redrive` says of queues that went well beside one that failed, and how it then ends.
import { describe, expect, it } from 'vitest';
import { redriveReport } from '../../../cli/commands/redrive-report.ts';
import type { Queue } from '../../../core/contract/messages.ts';
import type { Redriven } from '../../../core/flows/dead-letters.ts';

function one(queue: Queue, moved: number, failure?: Error): Redriven {
  return { queue, moved, left: 0, failure };
}

describe('the report of a redrive', () => {
  it('tells what was sent back, of queues without their turn too', () => {
    const report = redriveReport(['dispatch', 'settle'], [one('dispatch', 3)]);
    expect(report).toEqual({
      value: { moved: { dispatch: 3, settle: 0 }, total: 3, errors: [] },
      text: 'Sent back: dispatch 3, settle 0.',
      act: { outcome: 'partly', error: '3 sent back, 0 left; no turn for settle' },
    });
    expect(redriveReport(['dispatch'], [one('dispatch', 3)]).act).toEqual({});
    expect(redriveReport(['keep'], [one('keep', 0)]).text).toBe('There was nothing to send back.');
  });

  it('tells which queue stopped early beside what the others moved, and fails', () => {
    const report = redriveReport(
      ['dispatch', 'settle'],
      [one('dispatch', 3), one('settle', 0, new Error('no answer'))],
    );
    expect(report.exitCode).toBe(1);
    expect(report.act).toEqual({ outcome: 'partly', error: '3 sent back, 0 left; settle stopped with Error' });
    expect(report.text).toBe(
      'Sent back: dispatch 3, settle 0.\nsettle stopped early (Error: no answer): repeat the command.',
    );
    expect(report.value).toMatchObject({ total: 3, errors: [{ queue: 'settle', error: 'Error: no answer' }] });
  });

  it('is the failure itself where nothing went well', () => {
    const failure = new Error('no credentials');
    expect(() => redriveReport(['keep', 'jobs'], [one('keep', 0, failure), one('jobs', 0, failure)])).toThrow(failure);
    expect(redriveReport(['keep'], [one('keep', 1, failure)]).exitCode).toBe(1);
  });
});
