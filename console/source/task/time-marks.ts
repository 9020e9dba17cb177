// The marks of the scale above a timeline: a handful, at round times, for any length.

import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../core/domain/time-ms.ts';

/** Distances between marks that people expect, in milliseconds. */
const steps: readonly number[] = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((count) => count * SECOND_MS),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE_MS),
  ...[1, 2, 3, 6, 12].map((count) => count * HOUR_MS),
  ...[1, 2, 5, 10].map((count) => count * DAY_MS),
];

interface TimeMarks {
  readonly stepMs: number;
  /** Milliseconds from the beginning, the first at zero, none after the end. */
  readonly marks: readonly number[];
}

const MARKS_MAX = 5;

/** @param spanMs above zero. */
export function timeMarks(spanMs: number): TimeMarks {
  const stepMs = steps.find((step) => spanMs / step <= MARKS_MAX) ?? Math.ceil(spanMs / MARKS_MAX / DAY_MS) * DAY_MS;
  return { stepMs, marks: Array.from({ length: Math.floor(spanMs / stepMs) + 1 }, (_, index) => index * stepMs) };
}
