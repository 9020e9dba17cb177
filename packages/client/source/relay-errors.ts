// The errors of the client, a class for each thing that a caller can do something about. A call ends with a RelayError
// and nothing else; `code` is the HTTP status, the task code, or a word where neither answered.
import type { Task } from './api-messages.ts';

/** What all of them are. */
export class RelayError extends Error {
  override readonly name: string = 'RelayError';
  /** HTTP status of an answer, task code of an ended task, or `connection`, `timeout`, `aborted`, `answer`. */
  readonly code: number | string;
  /** What is wrong with this very call, for a person to read. */
  readonly details: string | undefined;
  /** The call's id in the relay's log. */
  readonly correlationId: string | undefined;

  constructor(message: string, { code, details, correlationId, cause }: RelayErrorFields) {
    super(details === undefined ? message : `${message}: ${details}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = details;
    this.correlationId = correlationId;
  }
}

export interface RelayErrorFields {
  readonly code: number | string;
  readonly details?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly cause?: unknown;
}

/** 400, 413, 415: the request is wrong, and would be wrong again. */
export class InvalidRequestError extends RelayError {
  override readonly name = 'InvalidRequestError';
}

/** 401: the key is missing, unknown or revoked. */
export class InvalidKeyError extends RelayError {
  override readonly name = 'InvalidKeyError';
}

/** 403: a balance that is used up, or an operator's call with an ordinary key. */
export class ForbiddenError extends RelayError {
  override readonly name = 'ForbiddenError';
}

/** 404: no such model, task or endpoint. */
export class NotFoundError extends RelayError {
  override readonly name = 'NotFoundError';
}

/** 409: it conflicts with how the task, the endpoint or the idempotency key stands. */
export class ConflictError extends RelayError {
  override readonly name = 'ConflictError';
}

/** 429, still so after the last retry: the account's share is used up. */
export class RateLimitedError extends RelayError {
  override readonly name = 'RateLimitedError';
  /** When to try again, by the relay's last answer. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, fields: RelayErrorFields & { readonly retryAfterMs?: number | undefined }) {
    super(message, fields);
    this.retryAfterMs = fields.retryAfterMs;
  }
}

/** 5xx, still so after the last retry. */
export class ServerError extends RelayError {
  override readonly name = 'ServerError';
}

/** No answer: the network, or an address where no relay is. */
export class ConnectionError extends RelayError {
  override readonly name = 'ConnectionError';
}

/** The call, or the wait, did not end within its `timeoutMs`. A task goes on all the same. */
export class TimedOutError extends RelayError {
  override readonly name = 'TimedOutError';
}

/** The caller's own signal ended the call. A task goes on all the same. */
export class AbortedError extends RelayError {
  override readonly name = 'AbortedError';
}

/** The task has ended without outputs: `code` is its task code, `task` says what was tried. */
export class TaskFailedError extends RelayError {
  override readonly name: string = 'TaskFailedError';
  readonly task: Task;

  constructor(task: Task) {
    super(task.error ?? `the task is ${task.status}`, { code: task.code ?? task.status });
    this.task = task;
  }
}

/** A 1xxx code: the model does not take this input, and will not take it again. */
export class TaskRefusedError extends TaskFailedError {
  override readonly name = 'TaskRefusedError';
}

/** A 5xxx code: transient, but not over before the relay gave up. `retry` puts the task back. */
export class TaskUnavailableError extends TaskFailedError {
  override readonly name = 'TaskUnavailableError';
}

export class TaskCancelledError extends TaskFailedError {
  override readonly name = 'TaskCancelledError';
}

/** The error that an ended task without outputs is. */
export function errorOfTask(task: Task): TaskFailedError {
  if (task.status === 'cancelled') return new TaskCancelledError(task);
  const code = task.code ?? 0;
  if (code >= 1_000 && code < 2_000) return new TaskRefusedError(task);
  return code >= 5_000 ? new TaskUnavailableError(task) : new TaskFailedError(task);
}

/** The error that an answer with a status of 400 or more is. */
export function errorOfStatus(
  status: number,
  message: string,
  fields: Omit<RelayErrorFields, 'code'> & { readonly retryAfterMs?: number | undefined },
): RelayError {
  const all = { ...fields, code: status };
  if (status === 401) return new InvalidKeyError(message, all);
  if (status === 403) return new ForbiddenError(message, all);
  if (status === 404) return new NotFoundError(message, all);
  if (status === 409) return new ConflictError(message, all);
  if (status === 429) return new RateLimitedError(message, all);
  return status >= 500 ? new ServerError(message, all) : new InvalidRequestError(message, all);
}
