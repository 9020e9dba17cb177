// Reads a submit: path, query, headers and body, each within its limit, or answers 400 or 404 with what is wrong. The
// body is passed on unchanged: models differ, and the relay does not know their parameters.
import { judgeWebhookUrl } from '../../core/domain/webhook/address-rules.ts';
import { reservedVendors } from '../../core/contract/routes.ts';
import { keepModeOf } from '../../core/domain/media/keep-mode.ts';
import { limits } from '../../core/domain/limits.ts';
import { documentedFailure, invalidParameter } from '../../core/http/http-failure.ts';
import { readJsonObject } from '../../core/http/read-json-object.ts';
import { flagOf, readFlag, readWholeNumber } from '../../core/http/read-query.ts';
import type { Account } from '../../core/domain/account.ts';
import type { Fields } from '../../core/http/read-json-object.ts';
import type { KeepMode } from '../../core/domain/media/keep-mode.ts';
import type { MediaSettings } from '../../core/domain/media/media-settings.ts';
import type { RelaySettings } from '../../core/domain/settings.ts';
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

type ModelPath = Readonly<Partial<Record<'vendor' | 'model' | 'task', string>>>;

export interface Submit {
  /** `vendor/model/task`. */
  readonly model: string;
  readonly input: string;
  /** The same as an object, for its price. */
  readonly fields: Fields;
  readonly isSync: boolean;
  /** Only answers what the submit would do. */
  readonly isDryRun: boolean;
  readonly priorityMs: number;
  readonly webhookUrl?: string;
  /** Absent for a task that keeps nothing. */
  readonly keep?: KeepMode;
  readonly idempotencyKey?: string;
}

const segmentPattern = /^[\w][\w.~-]*$/;

type SubmitSettings = Pick<RelaySettings, 'deliveries' | 'media'>;

/**
 * @param settings which addresses a webhook may go to, and whether outputs are kept where neither request nor account says so.
 * @param account its choice for requests that do not say whether outputs are kept.
 * @throws HttpFailure 404 for a path that cannot name a model, 400 for everything else.
 */
export function readSubmit(
  request: SubmitRequest,
  { deliveries, media }: SubmitSettings,
  account: Pick<Account, 'keep'> = {},
): Submit {
  const model = readModel(request);
  const webhookUrl = readWebhook(request.query['webhook'], deliveries.addresses);
  const keep = readKeep(request.query['keep'], account.keep ?? media.keep);
  const idempotencyKey = readIdempotencyKey(request.idempotencyKey);
  return {
    model,
    ...readBody(request.body),
    isSync: readFlag('sync', request.query['sync']),
    isDryRun: readFlag('dry_run', request.query['dry_run']),
    priorityMs: readPriority(request.query['priority']) * 1_000,
    ...(webhookUrl !== undefined && { webhookUrl }),
    ...(keep && { keep }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  };
}

/**
 * The model of a path, as `vendor/model/task`.
 * @throws HttpFailure 404 for a path that cannot name one.
 */
export function readModel({ vendor = '', model = '', task = '' }: ModelPath): string {
  const segments = [vendor, model, task];
  const isModel = segments.every(
    (segment) => segment.length <= limits.pathSegmentBytesMax && segmentPattern.test(segment),
  );
  if (!isModel || reservedVendors.has(vendor)) throw documentedFailure(404);
  return segments.join('/');
}

function readBody(body: string): Pick<Submit, 'input' | 'fields'> {
  const bytes = Buffer.byteLength(body);
  if (bytes > limits.bodyBytesMax) {
    throw invalidParameter(`the body has ${bytes} bytes, at most ${limits.bodyBytesMax} are accepted`);
  }
  // What every model would refuse is refused here, as Get3W would: the client learns it at once, free of charge.
  const fields = readJsonObject(body);
  if (Object.keys(fields).length === 0) throw invalidParameter('the body has no field');
  return { input: body, fields };
}

/** Judged before its name is resolved; the resolved address is judged when it is called. */
function readWebhook(text: string | undefined, policy: AddressPolicy): string | undefined {
  if (text === undefined) return undefined;
  if (text === '') throw invalidParameter('webhook is empty');
  const refusal = judgeWebhookUrl(text, policy);
  if (refusal === undefined) return text;
  throw invalidParameter(`webhook must be a public https URL, URL-encoded; this one ${refusal}`);
}

const keepWords: Readonly<Record<string, KeepMode>> = { 'before-webhook': 'before-webhook' };

/** A flag, or the word that also holds the webhook. */
function readKeep(text: string | undefined, fallback: MediaSettings['keep']): KeepMode | undefined {
  if (text === undefined) return keepModeOf(fallback);
  const asked = flagOf(text);
  if (asked !== undefined) return asked ? 'after-end' : undefined;
  const mode = Object.hasOwn(keepWords, text) ? keepWords[text] : undefined;
  if (mode) return mode;
  throw invalidParameter('keep must be true, false or before-webhook');
}

/** @throws HttpFailure 400. */
export function readIdempotencyKey(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const bytes = Buffer.byteLength(text);
  if (bytes === 0 || bytes > limits.idempotencyKeyBytesMax) {
    throw invalidParameter(`Idempotency-Key must have 1 to ${limits.idempotencyKeyBytesMax} bytes`);
  }
  return text;
}

function readPriority(text: string | undefined): number {
  return text === undefined
    ? 0
    : readWholeNumber('priority', text, { min: 0, max: limits.prioritySecondsMax, of: 'seconds' });
}
