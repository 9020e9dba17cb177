// Reads what an operator's call changes of an account, field by field, or answers 400 with what is wrong. The fields are named
// as `GET /v1/account` shows them; core/domain/account-bounds.ts has their bounds, which are those of the command line.
import { accountBounds, boundsText, changeFault, changeNames, namedChanges } from '../../core/domain/account-bounds.ts';
import { keepChoices } from '../../core/domain/media/media-settings.ts';
import { invalidParameter } from '../../core/http/http-failure.ts';
import { readJsonObject } from '../../core/http/read-json-object.ts';
import { readReason } from './read-body-fields.ts';
import { readBodyFields } from '../../core/http/read-endpoint.ts';
import type { BoundedName, ChangeFault } from '../../core/domain/account-bounds.ts';
import type { KeepChoice } from '../../core/domain/media/media-settings.ts';
import type { AccountChange } from '../../core/flows/change-account.ts';

/** Numbers, by the names of the body. */
const numberFields: Readonly<Record<string, BoundedName>> = Object.fromEntries(
  (Object.keys(accountBounds) as BoundedName[]).map((name) => [changeNames[name], name]),
);
const known = [...Object.keys(numberFields), 'keep', 'reason'];
/** A weight is always there, and what is added is no bound: there is nothing that null could remove. */
const kept: ReadonlySet<string> = new Set(['weight', 'add_micros']);

const faultTexts: Readonly<Record<ChangeFault, string>> = {
  empty: `the body names no change; it takes ${known.slice(0, -1).join(', ')}`,
  'balance-twice': 'balance_micros sets the balance and add_micros adds to it; give only one of them',
};

interface ReadChange {
  readonly change: AccountChange;
  /** The same by the names of the body, as the audit log keeps it. */
  readonly changes: ReturnType<typeof namedChanges>;
  readonly reason: string | undefined;
}

/** @throws HttpFailure 400. */
export function readAccountChange(body: string): ReadChange {
  const fields = readJsonObject(body);
  const unknown = Object.keys(fields).filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw invalidParameter(
      `${unknown.join(', ')} cannot be changed by this call, which takes ${known.join(', ')}; name and operator are changed by \`relay accounts set\``,
    );
  }
  const numbers: Partial<Record<BoundedName, number | null | undefined>> = {};
  for (const [field, name] of Object.entries(numberFields)) numbers[name] = readNumber(field, name, fields[field]);
  const change = { ...numbers, keep: readKeep(fields['keep']) } as AccountChange;
  const fault = changeFault({ ...change });
  if (fault !== undefined) throw invalidParameter(faultTexts[fault]);
  return { change, changes: namedChanges(change), reason: readReason(fields['reason']) };
}

function readNumber(field: string, name: BoundedName, value: unknown): number | null | undefined {
  const isNullable = !kept.has(field);
  if (value === undefined || (value === null && isNullable)) return value;
  const { min, max } = accountBounds[name];
  if (Number.isInteger(value) && Number(value) >= min && Number(value) <= max) return Number(value);
  const nothing = isNullable ? ', or null to remove it' : '';
  throw invalidParameter(`${field} must be a whole number, ${boundsText({ min, max })}${nothing}`);
}

function readKeep(value: unknown): KeepChoice | null | undefined {
  if (value === undefined || value === null) return value;
  const choice = keepChoices.find((one) => one === value);
  if (choice) return choice;
  throw invalidParameter(`keep must be one of ${keepChoices.join(', ')}, or null for the relay's choice`);
}

/** The body of a call that needs none but may say why. @throws HttpFailure 400. */
export function readReasonBody(body: string): string | undefined {
  return readReason(readBodyFields(body, ['reason'])['reason']);
}
