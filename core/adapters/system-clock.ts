// The machine's own time, behind the clock port.
// Tests and the simulation step a clock of their own.
import { setTimeout } from 'node:timers/promises';
import type { Clock } from '../ports/ports.ts';

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (delayMs) => {
    await setTimeout(Math.max(0, delayMs));
  },
};
