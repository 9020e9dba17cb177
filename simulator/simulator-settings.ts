// What can be adjusted about the simulated provider: its shape, its defaults, and the check of a change sent by a
// client. Where Get3W documents a behaviour there is no setting for it; where it does not, there is one here.
import { knownSteps, parseStep } from './simulator-steps.ts';
import { DAY_MS, MINUTE_MS } from '../core/domain/time-ms.ts';

type Rates = Readonly<Record<string, number>>;

interface WebhookSettings {
  /** Added before every call. */
  readonly delayMs: number;
  /** Probabilities per task, each drawn separately. */
  readonly lost: number;
  readonly doubled: number;
  readonly early: number;
  readonly late: number;
  /** How much later a late call comes. */
  readonly lateMs: number;
  /** Time from the first call to its duplicate. */
  readonly doubledGapMs: number;
  /** When set, calls carry `X-Get3W-Signature`: hex HMAC-SHA256 of the body. */
  readonly secret: string | null;
}

export interface SimulatorSettings {
  /** Tasks running at once before 429; null for no limit. */
  readonly concurrency: number | null;
  /** Mean time from acceptance to the end. */
  readonly durationMs: number;
  /** Sigma of the log-normal spread around that mean; 0 makes every task take the same time. */
  readonly durationSigma: number;
  /** `estimated_duration` is the mean duration times this. */
  readonly estimateFactor: number;
  /** Credits left, one per task; null is unlimited. */
  readonly balance: number | null;
  /** Probability of each step for a submit to an ordinary model; together at most 1. */
  readonly faults: Rates;
  /** The same for polls: HTTP statuses and `reset` only. */
  readonly pollFaults: Rates;
  /** Probability that a 502, 503 or 504 of `faults` is answered after a task was made. */
  readonly gatewayTaskMade: number;
  /** `Retry-After` of a 429; null leaves the header out. */
  readonly retryAfterSeconds: number | null;
  /** When the gateway gives up a `?sync=true` call with 504, while the task goes on. */
  readonly syncTimeoutMs: number;
  /** Life of an output, from the end of its task. */
  readonly outputsTtlMs: number;
  /** Probability that a download of an output is answered 503. */
  readonly outputsRefused: number;
  /** Statuses used in place of `processing`, and of `failed`, with their probabilities per task. */
  readonly statuses: { readonly running: Rates; readonly failed: Rates };
  readonly webhook: WebhookSettings;
}

/** A change of settings: any of the fields, `webhook` and `statuses` with any of theirs; maps of rates are replaced. */
export type SettingsChange = Partial<
  Omit<SimulatorSettings, 'webhook' | 'statuses'> & {
    webhook: Partial<WebhookSettings>;
    statuses: Partial<SimulatorSettings['statuses']>;
  }
>;

export const defaultSettings: SimulatorSettings = {
  concurrency: 300,
  durationMs: 3_000,
  durationSigma: 0,
  estimateFactor: 1,
  balance: null,
  faults: {},
  pollFaults: {},
  gatewayTaskMade: 0,
  retryAfterSeconds: null,
  syncTimeoutMs: MINUTE_MS,
  outputsTtlMs: 7 * DAY_MS,
  outputsRefused: 0,
  statuses: { running: {}, failed: {} },
  webhook: { delayMs: 0, lost: 0, doubled: 0, early: 0, late: 0, lateMs: 30_000, doubledGapMs: 50, secret: null },
};

/** The error for a wrong field of a change, with what would be right. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

type Check = (value: unknown, at: string) => void;

const YEAR_MS = 366 * DAY_MS;

const fieldChecks: Readonly<Record<keyof SimulatorSettings, Check>> = {
  concurrency: orNull(wholeNumber),
  durationMs: numberUpTo(YEAR_MS),
  // Above 5 one task in millions carries the mean of a log-normal, so no test could see it.
  durationSigma: numberUpTo(5),
  estimateFactor: numberUpTo(1_000),
  balance: orNull(wholeNumber),
  faults: rates((word) => parseStep(word) !== null, knownSteps),
  pollFaults: rates(isPollFault, () => knownSteps().filter(isPollFault)),
  gatewayTaskMade: numberUpTo(1),
  retryAfterSeconds: orNull(wholeNumber),
  syncTimeoutMs: numberUpTo(YEAR_MS),
  outputsTtlMs: numberUpTo(100 * YEAR_MS),
  outputsRefused: numberUpTo(1),
  statuses: fields({ running: rates(isWord), failed: rates(isWord) }),
  webhook: fields({
    delayMs: numberUpTo(YEAR_MS),
    lost: numberUpTo(1),
    doubled: numberUpTo(1),
    early: numberUpTo(1),
    late: numberUpTo(1),
    lateMs: numberUpTo(YEAR_MS),
    doubledGapMs: numberUpTo(YEAR_MS),
    secret: orNull(nonEmptyText),
  }),
};

/** Checks what a client sent. Throws a SettingsError that names the first wrong field. */
export function checkSettingsChange(value: unknown): SettingsChange {
  fields(fieldChecks)(value, '');
  return value as SettingsChange;
}

/** The settings with a change applied. */
export function changeSettings(settings: SimulatorSettings, change: SettingsChange): SimulatorSettings {
  return {
    ...settings,
    ...change,
    webhook: { ...settings.webhook, ...change.webhook },
    statuses: { ...settings.statuses, ...change.statuses },
  };
}

/** Two changes as one, the later over the earlier: what the journal keeps of all changes so far. */
export function joinChanges(earlier: SettingsChange, later: SettingsChange): SettingsChange {
  return {
    ...earlier,
    ...later,
    ...(earlier.webhook || later.webhook ? { webhook: { ...earlier.webhook, ...later.webhook } } : {}),
    ...(earlier.statuses || later.statuses ? { statuses: { ...earlier.statuses, ...later.statuses } } : {}),
  };
}

function fields(checks: Readonly<Record<string, Check>>): Check {
  return (value, at) => {
    if (!isRecord(value)) throw wrong(at, 'must be an object');
    for (const [name, field] of Object.entries(value)) {
      const path = at === '' ? name : `${at}.${name}`;
      const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
      if (check === undefined) throw wrong(path, `is not a setting; there are: ${Object.keys(checks).join(', ')}`);
      check(field, path);
    }
  };
}

function rates(isKnown: (word: string) => boolean, known?: () => string[]): Check {
  return (value, at) => {
    if (!isRecord(value)) throw wrong(at, 'must be an object of probabilities');
    let total = 0;
    for (const [word, rate] of Object.entries(value)) {
      const path = `${at}["${word}"]`;
      if (!isKnown(word)) throw wrong(path, known ? `is unknown; there are: ${known().join(', ')}` : 'is not a word');
      numberUpTo(1)(rate, path);
      total += rate as number;
    }
    // A little more than 1 is the rounding error of sums such as 0.7 + 0.2 + 0.1.
    if (total > 1 + 1e-9) throw wrong(at, `adds up to ${Number(total.toFixed(6))}, and can be at most 1`);
  };
}

function numberUpTo(max: number): Check {
  return (value, at) => {
    if (typeof value !== 'number' || !(value >= 0 && value <= max)) {
      throw wrong(at, `must be a number from 0 to ${max}`);
    }
  };
}

function orNull(check: Check): Check {
  return (value, at) => {
    if (value !== null) check(value, at);
  };
}

function wholeNumber(value: unknown, at: string): void {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw wrong(at, 'must be a whole number of 0 or more');
}

function nonEmptyText(value: unknown, at: string): void {
  if (typeof value !== 'string' || value === '') throw wrong(at, 'must be a non-empty string');
}

function isWord(word: string): boolean {
  return /^[a-z][a-z_-]{0,40}$/.test(word);
}

function isPollFault(word: string): boolean {
  const step = parseStep(word);
  if (step === null || step.kind === 'task') return false;
  return step.kind !== 'quirk' || step.quirk === 'reset';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(at: string, what: string): SettingsError {
  return new SettingsError(`${at === '' ? 'settings' : at} ${what}`);
}
