// The calls that mute a group of failures and end a mute: for all keys of an account, or for all operators. A mute ends at its
// time. flows/mute-failures.ts keeps them; failure-calls.ts shows groups with their mutes.
import { REASON_CHARS_MAX } from '../../core/domain/audit-entry.ts';
import { EVERY_ONE } from '../../core/domain/failure-mute.ts';
import { limits } from '../../core/domain/limits.ts';
import { DAY_MS } from '../../core/domain/time-ms.ts';
import { audited } from '../../core/flows/audited.ts';
import { muteFailures, unmuteFailures } from '../../core/flows/mute-failures.ts';
import { metKeyOf } from '../../core/http/filter-texts.ts';
import { invalidParameter, notFound, ownFailure } from '../../core/http/http-failure.ts';
import { publicMutedGroup } from '../../core/http/public-mute.ts';
import { readMoment } from '../../core/http/read-query.ts';
import { askedAccounts } from './asked-account.ts';
import { readBodyFields } from '../../core/http/read-endpoint.ts';
import { actorOf } from './serve-audited.ts';
import type { Account } from '../../core/domain/account.ts';
import type { FailureMute, MutedGroup, MuteSide } from '../../core/domain/failure-mute.ts';
import type { AuditPorts } from '../../core/flows/audited.ts';
import type { MutePorts } from '../../core/flows/mute-failures.ts';
import type { Answer } from '../../core/http/answer.ts';
import type { Fields } from '../../core/http/read-json-object.ts';
import type { Call } from './call.ts';

const aboutNames = ['code', 'model', 'account'];
const modelCharsMax = 3 * limits.pathSegmentBytesMax + 2;

export function muteSideOf({ isOperator }: Pick<Account, 'isOperator'>): MuteSide {
  return isOperator ? 'operators' : 'own';
}

/** @throws HttpFailure 400, 403 for another's account, 409 when as many are muted as may be. */
export async function muteGroup(ports: MutePorts & AuditPorts, call: Call): Promise<Answer> {
  const fields = readBodyFields(call.body, [...aboutNames, 'until', 'reason']);
  const at = ports.clock.now();
  const about = readAbout(call.account, fields);
  const mute: FailureMute = {
    ...about,
    until: readUntil(fields['until'], at),
    reason: readReason(fields['reason']),
    by: actorOf(call.caller),
    at,
  };
  return onRecord(ports, call, { action: 'failures.mute', about, reason: mute.reason }, async () => {
    requireDone(await muteFailures(ports, muteSideOf(call.account), mute));
    return { status: 200, body: publicMutedGroup(about, mute) };
  });
}

/** @throws HttpFailure 400, 403 for another's account, 404 for what is not muted. */
export async function unmuteGroup(ports: MutePorts & AuditPorts, call: Call): Promise<Answer> {
  const fields = readBodyFields(call.body, aboutNames);
  const about = readAbout(call.account, fields);
  return onRecord(ports, call, { action: 'failures.unmute', about }, async () => {
    requireDone(await unmuteFailures(ports, muteSideOf(call.account), about));
    return { status: 200, body: publicMutedGroup(about) };
  });
}

interface MuteAct {
  readonly action: 'failures.mute' | 'failures.unmute';
  readonly about: MutedGroup;
  readonly reason?: string;
}

/**
 * Operators' only: a client's mute hides nothing from others and says itself who made it, when and why; and an act that a
 * client can repeat without end would fill the one log that every operator's act needs.
 */
function onRecord(
  ports: AuditPorts,
  { caller, account }: Call,
  { action, about, reason }: MuteAct,
  work: () => Promise<Answer>,
): Promise<Answer> {
  if (muteSideOf(account) === 'own') return work();
  const { key, model, accountId } = about;
  const target = `${key} ${model}`;
  return audited(ports, { actor: actorOf(caller), action, target, accountId, ...(reason && { reason }) }, work);
}

function requireDone(outcome: Awaited<ReturnType<typeof muteFailures>>): void {
  switch (outcome) {
    case 'done':
      return;
    case 'not-muted':
      throw notFound('no mute of this code, model and account runs; GET /v1/failures shows those that do');
    case 'too-many':
      throw ownFailure('tooMany', `${limits.mutesMax} mutes of the account run; end one, or mute the model * at once`);
    case 'changed-by-others':
      throw ownFailure('changedByOthers', 'the mutes of the account are being changed by others; try again');
  }
}

function readAbout(account: Account, { code, model, account: asked }: Fields): MutedGroup {
  const key = typeof code === 'string' || typeof code === 'number' ? metKeyOf(String(code)) : undefined;
  if (key === undefined) {
    throw invalidParameter(
      'code must be an HTTP status or a task code, or a key of the table of errors such as http-429',
    );
  }
  const isModel = typeof model === 'string' && /^[^*]+$/.test(model) && model.length <= modelCharsMax;
  if (!isModel && model !== EVERY_ONE) {
    throw invalidParameter('model must be a model as GET /v1/failures names it, or * for every one');
  }
  if (asked !== undefined && typeof asked !== 'string')
    throw invalidParameter('account must be the id of an account, or *');
  return { key, model, accountId: askedAccounts(account, asked) ?? EVERY_ONE };
}

function readUntil(value: unknown, now: number): number {
  if (typeof value !== 'string')
    throw invalidParameter('until must say when the mute ends, such as 2026-01-31T12:00:00Z');
  const until = readMoment('until', value);
  if (until <= now) throw invalidParameter('until must be in the future');
  if (until > now + limits.muteMsMax) {
    throw invalidParameter(
      `until must be within ${limits.muteMsMax / DAY_MS} days: what lasts longer should be corrected`,
    );
  }
  return until;
}

function readReason(value: unknown): string {
  if (typeof value === 'string' && value.trim() !== '' && value.length <= REASON_CHARS_MAX) return value.toWellFormed();
  throw invalidParameter(`reason must be a text of 1 to ${REASON_CHARS_MAX} characters`);
}
