// A clock that moves only when a test moves it.
// Those who sleep wake in the order of their times, and each sees its own.
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../../core/ports/ports.ts';

interface Sleeper {
  readonly wakeAt: number;
  readonly wake: () => void;
}

export class SteppedClock implements Clock {
  #now: number;
  readonly #sleepers: Sleeper[] = [];

  constructor(startsAt: number = Date.UTC(2026, 0, 1)) {
    this.#now = startsAt;
  }

  now(): number {
    return this.#now;
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((wake) => {
      const wakeAt = this.#now + Math.max(0, delayMs);
      // Behind everyone who wakes at the same time: first come, first woken.
      const behind = this.#sleepers.findIndex((sleeper) => sleeper.wakeAt > wakeAt);
      this.#sleepers.splice(behind === -1 ? this.#sleepers.length : behind, 0, { wakeAt, wake });
    });
  }

  /** When the next sleeper wakes. */
  nextWakeAt(): number | undefined {
    return this.#sleepers[0]?.wakeAt;
  }

  /** Moves time and wakes at once every sleeper that it passed; what they do next runs when the caller yields. */
  stepTo(time: number): void {
    this.#now = Math.max(this.#now, time);
    for (let [next] = this.#sleepers; next && next.wakeAt <= this.#now; [next] = this.#sleepers) {
      this.#sleepers.shift();
      next.wake();
    }
  }

  /** Moves time sleeper by sleeper, letting each do what it can before the next wakes. */
  async advance(byMs: number): Promise<void> {
    const end = this.#now + byMs;
    await setImmediate();
    for (let at = this.nextWakeAt(); at !== undefined && at <= end; at = this.nextWakeAt()) {
      this.stepTo(at);
      await setImmediate();
    }
    this.stepTo(end);
    await setImmediate();
  }

  /** The clock is set, forwards or back: readings jump, sleepers still sleep as long as they meant to. */
  jump(byMs: number): void {
    this.#now += byMs;
    const moved = this.#sleepers.splice(0).map(({ wakeAt, wake }) => ({ wakeAt: wakeAt + byMs, wake }));
    this.#sleepers.push(...moved);
  }
}
