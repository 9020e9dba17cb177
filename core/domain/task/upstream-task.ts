// Reads what Get3W sends: the task object of polls, callbacks and sync answers, and its `{code, error}` bodies.
// Tolerant where Get3W's documentation is silent: missing, null, unknown or nonsensical fields never throw, because a
// POST may already have been paid for. What cannot be stored ends the attempt as unreadable.
// Source: Get3W's pages about /v1/; the statuses beyond them are those of its sibling, treated as failures.
import { findError, taskCodes } from '../error-catalogue.ts';
import { cutText } from '../cut-text.ts';
import { depthOf, parseExactJson, toWellFormedJson } from '../exact-json.ts';
import { limits } from '../limits.ts';
import type { Failure } from './task.ts';
import type { ReportedOutcome } from './event.ts';

interface UpstreamTask {
  readonly upstreamId?: string;
  readonly estimatedMs?: number;
  /** Undefined while the task is still at work, or for an unknown status. */
  readonly outcome?: ReportedOutcome;
}

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @returns undefined when the text is not a JSON object. */
function parseFields(text: string): Fields | undefined {
  try {
    // JSON.parse reads any depth; recursive code that reads, writes or compares values does not.
    const plain: unknown = JSON.parse(text);
    const value = depthOf(plain) <= limits.outputsNestingMax + 1 ? parseExactJson(text) : plain;
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function shorten(text: string): string {
  return cutText(text, limits.errorTextCharsMax);
}

/** An id that can be stored and used in a path; any other is treated as missing. */
function isUsableId(id: unknown): id is string {
  return (
    typeof id === 'string' &&
    /^(?!\.{1,2}$)/.test(id) &&
    id !== '' &&
    id.length <= limits.upstreamIdCharsMax &&
    id.isWellFormed()
  );
}

/** @returns undefined when it is not a JSON object, or has neither an id nor a status. */
export function readUpstreamTask(text: string): UpstreamTask | undefined {
  const fields = parseFields(text);
  if (!fields || (typeof fields['id'] !== 'string' && typeof fields['status'] !== 'string')) return undefined;
  const estimate = fields['estimated_duration'];
  const outcome = readOutcome(fields);
  return {
    ...(isUsableId(fields['id']) && { upstreamId: fields['id'] }),
    ...(typeof estimate === 'number' &&
      Number.isFinite(estimate) &&
      estimate >= 0 && { estimatedMs: Math.min(estimate * 1_000, limits.estimatedMsMax) }),
    ...(outcome && { outcome }),
  };
}

function readOutcome(fields: Fields): ReportedOutcome | undefined {
  switch (fields['status']) {
    case 'completed':
      return readCompleted(fields);
    case 'failed':
      return { kind: 'failed', failure: readFailure(fields, taskCodes.taskFailed) };
    case 'timeout':
      return { kind: 'failed', failure: readFailure(fields, taskCodes.timeout) };
    case 'cancelled':
    case 'deleted':
      return { kind: 'failed', failure: readFailure(fields, taskCodes.taskFailed) };
    default:
      return undefined;
  }
}

/** Outputs that cannot be stored end the task rather than block it: another try could not store them either. */
function readCompleted(fields: Fields): ReportedOutcome {
  const outputs = fields['outputs'] ?? null;
  if (depthOf(outputs) > limits.outputsNestingMax) {
    return unreadable(`Outputs are nested deeper than ${limits.outputsNestingMax} levels`);
  }
  const kept = toWellFormedJson(outputs);
  if (JSON.stringify(kept).length <= limits.outputsCharsMax) return { kind: 'succeeded', outputs: kept };
  return unreadable(`Outputs are longer than ${limits.outputsCharsMax} characters as JSON`);
}

function unreadable(text: string): ReportedOutcome {
  return {
    kind: 'failed',
    failure: { level: 'task', code: taskCodes.taskFailed, text },
  };
}

function readFailure(fields: Fields, fallbackCode: number): Failure {
  const code = typeof fields['code'] === 'number' && fields['code'] !== 0 ? fields['code'] : fallbackCode;
  const text =
    typeof fields['error'] === 'string' && fields['error'] !== ''
      ? fields['error']
      : (findError('task', code)?.name ?? 'Task failed');
  return { level: 'task', code, text: shorten(text) };
}

/** The text of a `{code, error}` body; undefined when the body has another form: then Get3W did not write it. */
export function readErrorText(text: string): string | undefined {
  const fields = parseFields(text);
  return fields && typeof fields['code'] === 'number' && typeof fields['error'] === 'string'
    ? shorten(fields['error'])
    : undefined;
}
