import { describe, expect, it } from 'vitest';
import { claimJob, owedEvent, recordResult, releaseJob, withEvent } from '../../../core/domain/media/decide-keep.ts';
import { newKeepJob, outputsEventId } from '../../../core/domain/media/keep-job.ts';
import { askToKeep, reopenJob } from '../../../core/domain/media/keep-request.ts';
import { defaultMediaSettings } from '../../../core/domain/media/media-settings.ts';
import { DAY_MS } from '../../../core/domain/time-ms.ts';
import { completedTask, NOW } from '../../support/sample-task.ts';
import type { KeepContext } from '../../../core/domain/media/decide-keep.ts';
import type { KeepJob } from '../../../core/domain/media/keep-job.ts';

const outputs = ['https://a.example/1', 'https://a.example/2'];
const stored = { key: 'k', bytes: 3, sha256: 'ab', contentType: 'image/png' };

function at(now: number): KeepContext {
  return { now, random: () => 0.5, settings: defaultMediaSettings };
}

/** Its first output is kept, its second too large; the account was told so. */
function halfLost(): KeepJob {
  const asked = askToKeep(completedTask(outputs), NOW);
  const made = asked && newKeepJob({ before: completedTask(outputs), after: asked });
  const claimed = made && claimJob(made, { leaseId: 'l', token: 't' }, at(NOW));
  if (!claimed) throw new Error('no job');
  const first = recordResult(claimed, 0, { kind: 'kept', output: stored }, at(NOW));
  const second = recordResult(first, 1, { kind: 'failed', cause: 'too-large' }, at(NOW));
  const { job } = releaseJob(second, true, at(NOW));
  return withEvent(job, 'outputs-lost', { id: outputsEventId(job), position: NOW });
}

describe('a request to keep outputs', () => {
  it('is possible for a completed task that keeps nothing yet, once', () => {
    const asked = askToKeep(completedTask(outputs), NOW + 5);
    expect(asked).toMatchObject({ keep: 'after-end', updatedAt: NOW + 5, version: completedTask(outputs).version + 1 });
    expect(asked && askToKeep(asked, NOW + 6)).toBeUndefined();
    expect(askToKeep(completedTask(['only text']), NOW)).toBeUndefined();
    expect(askToKeep({ ...completedTask(outputs), status: 'failed' }, NOW)).toBeUndefined();
  });

  it('tries lost outputs again and leaves those that are kept', () => {
    const again = reopenJob(halfLost(), NOW + DAY_MS);
    expect(again?.outputs).toMatchObject([{ state: 'kept' }, { state: 'pending', tries: 0 }]);
    expect(again).toMatchObject({ rounds: 0, due: { at: NOW + DAY_MS + 30_000, by: 'doorbell' } });
    expect(again).not.toHaveProperty('expiresAt');
    expect(again && claimJob(again, { leaseId: 'm', token: 'u' }, at(NOW + DAY_MS))?.token).toBe('t');
  });

  it('is told of by an event of its own, which no receiver takes for the one before', () => {
    const again = reopenJob(halfLost(), NOW + 1) as KeepJob;
    const kept = recordResult(again, 1, { kind: 'kept', output: stored }, at(NOW + 2));
    expect(owedEvent(kept, at(NOW + 2))).toBe('outputs-kept');
    expect(outputsEventId(kept)).not.toBe(halfLost().events[0]?.id);
  });

  it('makes one more try after the time at which the outputs should have expired', () => {
    const late = at(NOW + 30 * DAY_MS);
    const again = reopenJob(halfLost(), late.now) as KeepJob;
    const claimed = claimJob(again, { leaseId: 'm', token: 'u' }, late) as KeepJob;
    expect(recordResult(claimed, 1, { kind: 'kept', output: stored }, late).outputs[1]?.state).toBe('kept');
    const failed = recordResult(claimed, 1, { kind: 'failed', cause: 'status' }, late);
    expect(failed.outputs[1]).toMatchObject({ state: 'lost', cause: 'expired' });
  });

  it('does nothing where all are kept, or the task was erased', () => {
    const kept = recordResult(reopenJob(halfLost(), NOW) as KeepJob, 1, { kind: 'kept', output: stored }, at(NOW));
    expect(reopenJob(kept, NOW)).toBeUndefined();
    expect(reopenJob({ ...halfLost(), isErased: true }, NOW)).toBeUndefined();
  });
});
