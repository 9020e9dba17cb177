// Random values from the machine: numbers for jitter, ids in the order of time, and secrets that cannot be guessed.
// Tests and the simulation bring seeded sources instead.
import { randomBytes } from 'node:crypto';
import { v7 } from 'uuid';
import type { RandomSource } from '../ports/ports.ts';

// 192 bits: more than the 160 that callback addresses promise, and 32 letters without padding.
const SECRET_BYTES = 24;

export const systemRandomSource: RandomSource = {
  random: () => Math.random(),
  id: () => v7(),
  secret: () => randomBytes(SECRET_BYTES).toString('base64url'),
};
