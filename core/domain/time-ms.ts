// Lengths of time in milliseconds, by the names people use: the one place that defines how long a day is.
// How long something in the relay takes or may take is a setting or a limit, not defined here.

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
