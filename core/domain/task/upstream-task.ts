// Reads what Get3W sends: the task object of polls, callbacks and sync answers, and its `{code, error}` bodies.
// Tolerant where its documentation is silent: missing, null or unknown fields never throw.
// Source: Get3W's pages about /v1/; the statuses beyond them are those of its sibling, treated as failures.
import { findError, TASK_CODE } from '../error-catalogue.ts';
import { LIMITS } from '../limits.ts';
import type { Failure } from './task.ts';
import type { ReportedOutcome } from './event.ts';

export interface UpstreamTask {
  readonly upstreamId?: string;
  readonly estimatedMs?: number;
  /** Undefined while the task is still at work, or its status is one that nobody knows. */
  readonly outcome?: ReportedOutcome;
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @returns undefined when the text is not a JSON object. */
export const parseFields = (text: string): Fields | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

export const shorten = (text: string): string => text.slice(0, LIMITS.errorTextCharsMax);

/** @returns undefined when it is not a JSON object, or says neither who it is nor how it stands. */
export const readUpstreamTask = (text: string): UpstreamTask | undefined => {
  const fields = parseFields(text);
  if (!fields || (typeof fields['id'] !== 'string' && typeof fields['status'] !== 'string')) return undefined;
  const estimate = fields['estimated_duration'];
  const outcome = readOutcome(fields);
  return {
    ...(typeof fields['id'] === 'string' && { upstreamId: fields['id'] }),
    ...(typeof estimate === 'number' &&
      Number.isFinite(estimate) &&
      estimate >= 0 && { estimatedMs: estimate * 1_000 }),
    ...(outcome && { outcome }),
  };
};

const readOutcome = (fields: Fields): ReportedOutcome | undefined => {
  switch (fields['status']) {
    case 'completed':
      return readCompleted(fields);
    case 'failed':
      return { kind: 'failed', failure: readFailure(fields, TASK_CODE.taskFailed) };
    case 'timeout':
      return { kind: 'failed', failure: readFailure(fields, TASK_CODE.timeout) };
    case 'cancelled':
    case 'deleted':
      return { kind: 'failed', failure: readFailure(fields, TASK_CODE.taskFailed) };
    default:
      return undefined;
  }
};

/** Outputs too large to keep end the task rather than block it: it can never be stored, however often it is tried. */
const readCompleted = (fields: Fields): ReportedOutcome => {
  const outputs = fields['outputs'] ?? null;
  if (JSON.stringify(outputs).length <= LIMITS.outputsCharsMax) return { kind: 'succeeded', outputs };
  const text = `Outputs are longer than ${LIMITS.outputsCharsMax} characters as JSON`;
  return { kind: 'failed', failure: { level: 'task', code: TASK_CODE.taskFailed, text } };
};

const readFailure = (fields: Fields, fallbackCode: number): Failure => {
  const code = typeof fields['code'] === 'number' && fields['code'] !== 0 ? fields['code'] : fallbackCode;
  const text =
    typeof fields['error'] === 'string' && fields['error'] !== ''
      ? fields['error']
      : (findError('task', code)?.name ?? 'Task failed');
  return { level: 'task', code, text: shorten(text) };
};

/** The text of a `{code, error}` body, or undefined when the body is not of that form: then Get3W did not speak. */
export const readErrorText = (text: string): string | undefined => {
  const fields = parseFields(text);
  return fields && typeof fields['code'] === 'number' && typeof fields['error'] === 'string'
    ? shorten(fields['error'])
    : undefined;
};
