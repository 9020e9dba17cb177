import { afterEach, describe, expect, it, vi } from 'vitest';
import { ScheduleTimers } from '../../../local/schedules/schedule-timers.ts';
import type { InvocationResult, Invoke } from '../../../local/lambda/invocation.ts';

const minutely = { name: 's', functionName: 'sweep', periodMs: 60_000, input: '{"from":"schedule"}' };
const done: InvocationResult = { kind: 'answered', payload: 'null' };

let timers: ScheduleTimers | undefined;

function start(invoke: Invoke, speedFactor = 1): void {
  vi.useFakeTimers();
  timers = new ScheduleTimers({ schedules: [minutely], speedFactor, invoke });
  timers.start();
}

afterEach(() => vi.useRealTimers());

describe('the schedules of a local relay', () => {
  it('call their function at once, and then at their rate', async () => {
    const invoke = vi.fn<Invoke>().mockResolvedValue(done);
    start(invoke);
    expect(invoke).toHaveBeenCalledExactlyOnceWith('sweep', { from: 'schedule' });
    await vi.advanceTimersByTimeAsync(120_000);
    expect(invoke).toHaveBeenCalledTimes(3);
    await timers?.stop();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(invoke).toHaveBeenCalledTimes(3);
  });

  it('make a call that is throttled again, later and later, until the next one is due', async () => {
    const invoke = vi.fn<Invoke>().mockResolvedValue({ kind: 'throttled' });
    start(invoke);
    await vi.advanceTimersByTimeAsync(7_000);
    // At 0, 1, 3 and 7 s.
    expect(invoke).toHaveBeenCalledTimes(4);
    invoke.mockResolvedValue(done);
    await vi.advanceTimersByTimeAsync(8_000);
    expect(invoke).toHaveBeenCalledTimes(5);
    await vi.advanceTimersByTimeAsync(45_000);
    expect(invoke).toHaveBeenCalledTimes(6);
    await timers?.stop();
  });

  it('run faster by the factor they are given', async () => {
    const invoke = vi.fn<Invoke>().mockResolvedValue(done);
    start(invoke, 12);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(invoke).toHaveBeenCalledTimes(13);
    await timers?.stop();
  });

  it('skip a call while the last one runs, and stopping waits for it', async () => {
    const running = Promise.withResolvers<InvocationResult>();
    const invoke = vi.fn<Invoke>().mockReturnValueOnce(running.promise).mockResolvedValue(done);
    start(invoke);
    await vi.advanceTimersByTimeAsync(150_000);
    expect(invoke).toHaveBeenCalledTimes(1);
    let isStopped = false;
    const stopped = timers?.stop().then(() => (isStopped = true));
    await vi.advanceTimersByTimeAsync(0);
    expect(isStopped).toBe(false);
    running.resolve(done);
    await stopped;
  });
});
