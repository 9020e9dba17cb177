// Reads a submit: path, query, headers and body, each within its limit, or a 400 or 404 that says what is wrong.
// The body is passed on as it came: models differ, and the relay is not the one to know their parameters.
import { judgeWebhookUrl } from '../../core/domain/webhook/address-rules.ts';
import { reservedVendors } from '../../core/contract/routes.ts';
import { LIMITS } from '../../core/domain/limits.ts';
import { parseFields } from '../../core/domain/task/upstream-task.ts';
import { documentedFailure, invalidParameter } from '../../core/http/http-failure.ts';
import type { AddressPolicy } from '../../core/domain/webhook/address-rules.ts';

export interface SubmitRequest {
  readonly vendor: string;
  readonly model: string;
  readonly task: string;
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly idempotencyKey: string | undefined;
  /** Id of the call in the log; kept with the task. */
  readonly correlationId?: string | undefined;
  readonly body: string;
}

export interface Submit {
  /** `vendor/model/task`. */
  readonly model: string;
  readonly input: string;
  readonly isSync: boolean;
  readonly priorityMs: number;
  readonly webhookUrl?: string;
  readonly idempotencyKey?: string;
}

const SEGMENT = /^[\w][\w.~-]*$/;

/**
 * @param policy which addresses a webhook may go to.
 * @throws HttpFailure 404 for a path that can be no model, 400 for everything else.
 */
export const readSubmit = (request: SubmitRequest, policy: AddressPolicy): Submit => {
  const segments = [request.vendor, request.model, request.task];
  const isModel = segments.every((segment) => segment.length <= LIMITS.pathSegmentBytesMax && SEGMENT.test(segment));
  if (!isModel || reservedVendors.has(request.vendor)) throw documentedFailure(404);
  const webhookUrl = readWebhook(request.query['webhook'], policy);
  const idempotencyKey = readIdempotencyKey(request.idempotencyKey);
  return {
    model: segments.join('/'),
    input: readBody(request.body),
    isSync: request.query['sync'] === 'true',
    priorityMs: readPriority(request.query['priority']) * 1_000,
    ...(webhookUrl !== undefined && { webhookUrl }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  };
};

const readBody = (body: string): string => {
  const bytes = Buffer.byteLength(body);
  if (bytes > LIMITS.bodyBytesMax) {
    throw invalidParameter(`the body has ${bytes} bytes, at most ${LIMITS.bodyBytesMax} are taken`);
  }
  const fields = parseFields(body);
  // What every model would refuse is refused here, as Get3W would: the client learns it at once and for nothing.
  if (!fields || Object.keys(fields).length === 0) throw documentedFailure(400);
  const { prompt } = fields;
  if (prompt !== undefined && (typeof prompt !== 'string' || prompt === '')) throw documentedFailure(400);
  return body;
};

/** Judged before its name is resolved; where that leads is judged when it is called. */
const readWebhook = (text: string | undefined, policy: AddressPolicy): string | undefined => {
  if (text === undefined || text === '') return undefined;
  const refusal = judgeWebhookUrl(text, policy);
  if (refusal === undefined) return text;
  throw invalidParameter(`webhook must be a public https URL, URL-encoded; this one ${refusal}`);
};

const readIdempotencyKey = (text: string | undefined): string | undefined => {
  if (text === undefined) return undefined;
  const bytes = Buffer.byteLength(text);
  if (bytes === 0 || bytes > LIMITS.idempotencyKeyBytesMax) {
    throw invalidParameter(`Idempotency-Key must have 1 to ${LIMITS.idempotencyKeyBytesMax} bytes`);
  }
  return text;
};

const readPriority = (text: string | undefined): number => {
  if (text === undefined) return 0;
  const value = Number(text);
  if (text === '' || !Number.isInteger(value) || value < 0 || value > LIMITS.prioritySecondsMax) {
    throw invalidParameter(`priority must be a whole number of seconds from 0 to ${LIMITS.prioritySecondsMax}`);
  }
  return value;
};
