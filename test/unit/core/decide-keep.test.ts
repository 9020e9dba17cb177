import { describe, expect, it } from 'vitest';
import { claimJob, owedEvent, recordResult, releaseJob, withEvent } from '../../../core/domain/media/decide-keep.ts';
import { newKeepJob } from '../../../core/domain/media/keep-job.ts';
import { defaultMediaSettings } from '../../../core/domain/media/media-settings.ts';
import { outputAddresses } from '../../../core/domain/media/output-addresses.ts';
import { parseFileToken, formatFileToken } from '../../../core/domain/media/file-token.ts';
import { NOW, sampleTask } from '../../support/sample-task.ts';
import type { KeepContext } from '../../../core/domain/media/decide-keep.ts';
import type { KeepCause, KeepJob } from '../../../core/domain/media/keep-job.ts';
import type { KeepMode } from '../../../core/domain/media/keep-mode.ts';
import type { Task } from '../../../core/domain/task/task.ts';

const HOUR_MS = 3_600_000;
const stored = { key: 'k', bytes: 3, sha256: 'ab', contentType: 'image/png' };
const claim = { leaseId: 'lease', token: 'secret' };

function at(afterMs: number, random = 0.5): KeepContext {
  return { now: NOW + afterMs, random: () => random, settings: defaultMediaSettings };
}

function ended(keep: KeepMode | undefined, outputs: unknown): Task {
  const { due: _due, ...task } = sampleTask();
  return {
    ...task,
    status: 'completed',
    ends: 1,
    endedAt: NOW,
    updatedAt: NOW,
    ...(keep && { keep }),
    result: { code: 0, outputs, error: null },
  };
}

function jobOf(
  keep: KeepMode = 'after-end',
  outputs: unknown = ['https://a.example/1', 'https://a.example/2'],
): KeepJob {
  const job = newKeepJob({ before: sampleTask({ keep }), after: ended(keep, outputs) });
  if (!job) throw new Error('no job');
  return job;
}

function claimed(job: KeepJob, afterMs = 0): KeepJob {
  const found = claimJob(job, claim, at(afterMs));
  if (!found) throw new Error('not claimed');
  return found;
}

function failed(cause: KeepCause) {
  return { kind: 'failed', cause } as const;
}

describe('the job of a task', () => {
  it('is made by its end, and due at once', () => {
    expect(jobOf()).toMatchObject({ mode: 'after-end', due: { at: NOW + 30_000, by: 'doorbell' } });
    expect(jobOf().outputs).toEqual([
      { state: 'pending', tries: 0 },
      { state: 'pending', tries: 0 },
    ]);
  });

  it('is not made for a task that keeps nothing, has no addresses, or has ended before', () => {
    const before = sampleTask();
    expect(newKeepJob({ before, after: ended(undefined, ['https://a.example/1']) })).toBeUndefined();
    expect(
      newKeepJob({ before: sampleTask({ keep: 'after-end' }), after: ended('after-end', ['text']) }),
    ).toBeUndefined();
    const task = ended('after-end', ['https://a.example/1']);
    expect(newKeepJob({ before: task, after: { ...task, version: 9 } })).toBeUndefined();
  });

  it('is made for a completed task that is asked to keep its outputs afterwards', () => {
    const after = ended('after-end', ['https://a.example/1']);
    expect(newKeepJob({ before: ended(undefined, ['https://a.example/1']), after })).toBeDefined();
  });

  it('has the addresses of outputs of any form, each once', () => {
    const outputs = {
      images: [{ url: 'https://a.example/1' }, 'https://a.example/1'],
      text: 'see https://b.example',
      n: 1,
    };
    expect(outputAddresses([outputs, 'HTTP://c.example/x', 'data:image/png;base64,AA', 'https://'])).toEqual([
      'https://a.example/1',
      'HTTP://c.example/x',
    ]);
  });
});

describe('a claim', () => {
  it('is good until its lease ends, and names a secret that stays', () => {
    const first = claimed(jobOf());
    expect(claimJob(first, claim, at(319_999))).toBeUndefined();
    const second = claimJob(first, { leaseId: 'other', token: 'another' }, at(320_000));
    expect(second).toMatchObject({ token: 'secret', lease: { id: 'other' } });
  });

  it('is refused before the time of the next try, so that a doubled doorbell begins no second series', () => {
    const { job, doorbellDelayMs = 0 } = releaseJob(
      recordResult(claimed(jobOf()), 0, failed('status'), at(0)),
      true,
      at(0, 0.9),
    );
    expect(doorbellDelayMs).toBe(4_500);
    expect(claimJob(job, claim, at(4_499))).toBeUndefined();
    expect(claimJob(job, claim, at(4_500))).toBeDefined();
  });
});

describe('a try that failed', () => {
  it('is made again, later each time, and left to the sweep once SQS cannot wait so long', () => {
    const ceilings = [1, 2, 8].map((rounds) => {
      const job = { ...claimed(jobOf()), rounds: rounds - 1 };
      return releaseJob(recordResult(job, 0, failed('connection'), at(0)), true, at(0, 0.999)).doorbellDelayMs;
    });
    expect(ceilings).toEqual([4_995, 9_990, 639_360]);
    const late = releaseJob({ ...claimed(jobOf()), rounds: 12 }, true, at(0, 0.999));
    expect(late).toMatchObject({ job: { due: { by: 'sweep' } } });
    expect(late.doorbellDelayMs).toBeUndefined();
  });

  it('is the last one for what no further try can change', () => {
    for (const cause of ['address', 'too-large'] as const) {
      expect(recordResult(claimed(jobOf()), 0, failed(cause), at(0)).outputs[0]).toEqual({
        state: 'lost',
        tries: 1,
        cause,
      });
    }
  });

  it('is the last one for an output that its server does not have at the fifth time', () => {
    let job = claimed(jobOf());
    for (let tries = 1; tries <= 4; tries += 1) job = recordResult(job, 0, failed('gone'), at(0));
    expect(job.outputs[0]).toEqual({ state: 'pending', tries: 4, cause: 'gone' });
    expect(recordResult(job, 0, failed('gone'), at(0)).outputs[0]).toEqual({ state: 'lost', tries: 5, cause: 'gone' });
  });

  it('is the last one shortly before the output expires, which is tried once more just then', () => {
    const nearEnd = 7 * 24 * HOUR_MS - 90 * 60_000;
    const { job } = releaseJob({ ...claimed(jobOf(), nearEnd), rounds: 30 }, true, at(nearEnd, 0.999));
    expect(job.due?.at).toBe(NOW + 7 * 24 * HOUR_MS - HOUR_MS);
    const last = recordResult(claimed(jobOf()), 0, failed('status'), at(7 * 24 * HOUR_MS - HOUR_MS));
    expect(last.outputs[0]).toEqual({ state: 'lost', tries: 1, cause: 'expired' });
  });
});

describe('the event of a job', () => {
  const keepAll = (job: KeepJob): KeepJob =>
    [0, 1].reduce((one, index) => recordResult(one, index, { kind: 'kept', output: stored }, at(1_000)), claimed(job));

  it('tells once that all outputs are kept, or that some are lost', () => {
    const job = keepAll(jobOf());
    expect(owedEvent(claimed(jobOf()), at(0))).toBeUndefined();
    expect(owedEvent(job, at(0))).toBe('outputs-kept');
    expect(owedEvent(withEvent(job, 'outputs-kept', { id: 'e', position: 1 }), at(0))).toBeUndefined();
    const lost = recordResult(
      recordResult(claimed(jobOf()), 0, failed('too-large'), at(0)),
      1,
      failed('address'),
      at(0),
    );
    expect(owedEvent(lost, at(0))).toBe('outputs-lost');
  });

  it('is the end itself where that was held, and then no other', () => {
    const job = keepAll(jobOf('before-webhook'));
    expect(owedEvent(job, at(1_000))).toBe('task-end');
    expect(owedEvent(withEvent(job, 'task-end', { id: 'e', position: 1 }), at(1_000))).toBeUndefined();
  });

  it('is the end after ten minutes at the latest, and what became of the outputs later', () => {
    const job = claimed(jobOf('before-webhook'));
    expect(owedEvent(job, at(599_999))).toBeUndefined();
    expect(owedEvent(job, at(600_000))).toBe('task-end');
    const released = withEvent(job, 'task-end', { id: 'e', position: 1 });
    const kept = [0, 1].reduce(
      (one, index) => recordResult(one, index, { kind: 'kept', output: stored }, at(0)),
      released,
    );
    expect(owedEvent(kept, at(700_000))).toBe('outputs-kept');
  });

  it('is due when the held end is, however long the next try may wait', () => {
    const job = { ...claimed(jobOf('before-webhook')), rounds: 12 };
    expect(releaseJob(job, true, at(0, 0.999)).doorbellDelayMs).toBe(600_000);
  });
});

describe('the token of a file', () => {
  it('names task, output and secret, and nothing else is one', () => {
    const token = { taskId: '019b0000-0000-7000-8000-000000000001', index: 3, secret: 'x'.repeat(27) };
    expect(parseFileToken(formatFileToken(token))).toEqual(token);
    for (const text of ['', 'a.b.c', `${formatFileToken(token)}.`, formatFileToken({ ...token, secret: 'short' })]) {
      expect(parseFileToken(text), text).toBeUndefined();
    }
  });
});
