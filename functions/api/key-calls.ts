// The calls about keys, an account's own or, for operators, another's: make, list, revoke. A key gives only scopes that it
// has, until it ends itself at the latest, and revokes only keys that may do no more than it; an operator's also those of
// other accounts, which it could suspend. `operate` is given by the command line alone.
import { isLive, keyHintOf, keyIdOf, newKeyText, scopes, scopesOf } from '../../core/domain/api-key.ts';
import { limits } from '../../core/domain/limits.ts';
import { sha256Hex } from '../../core/domain/sha256-hex.ts';
import { documentedFailure, invalidParameter, notFound, ownFailure } from '../../core/http/http-failure.ts';
import { publicKey } from '../../core/http/public-key.ts';
import { momentOf } from '../../core/http/read-query.ts';
import { readBodyFields } from '../../core/http/read-endpoint.ts';
import { askedAccount } from './asked-account.ts';
import { refusedRace } from './refused-race.ts';
import type { Account } from '../../core/domain/account.ts';
import type { Query } from '../../core/http/read-query.ts';
import type { Caller } from '../../core/flows/authenticate.ts';
import type { ApiKey, Scope } from '../../core/domain/api-key.ts';
import type { Answer } from '../../core/http/answer.ts';
import type { FlowPorts } from '../../core/ports/flow-ports.ts';
import type { AccountStore, KeyStore } from '../../core/ports/ports.ts';

type KeyPorts = FlowPorts & { readonly accounts: AccountStore & KeyStore };

/** What the API can give; the command line gives `operate` too. */
const grantable = scopes.filter((scope) => scope !== 'operate');

interface KeyFields {
  readonly name?: string;
  readonly scopes?: readonly Scope[];
  readonly expiresAt?: number;
}

/** @throws HttpFailure 400. */
export function readKeyFields(body: string): KeyFields {
  const { name, scopes: given, expires_at: expires } = readBodyFields(body, ['name', 'scopes', 'expires_at']);
  return {
    ...(name !== undefined && name !== null && { name: readName(name) }),
    ...(given !== undefined && given !== null && { scopes: readScopes(given) }),
    ...(expires !== undefined && expires !== null && { expiresAt: readExpiry(expires) }),
  };
}

function readName(value: unknown): string {
  if (typeof value !== 'string' || value === '' || value.length > limits.keyNameCharsMax) {
    throw invalidParameter(`name must be a string of 1 to ${limits.keyNameCharsMax} characters`);
  }
  return value.toWellFormed();
}

function readScopes(value: unknown): readonly Scope[] {
  const isKnown = (one: unknown): one is Scope => grantable.some((scope) => scope === one);
  if (!Array.isArray(value) || value.length === 0 || !value.every(isKnown)) {
    throw invalidParameter(`scopes must be a list of ${grantable.join(', ')}; the command line gives operate`);
  }
  return scopes.filter((scope) => value.includes(scope));
}

function readExpiry(value: unknown): number {
  const at = momentOf(value);
  if (at === undefined) throw invalidParameter('expires_at must be a moment in ISO 8601, such as 2026-01-31T12:00:00Z');
  return at;
}

/**
 * Whose keys a call is about: an operator may name another account.
 * @throws HttpFailure 403, or 404 for an account that does not exist.
 */
async function askedOwner({ accounts }: KeyPorts, caller: Caller, asked: string | undefined): Promise<Account> {
  const id = askedAccount(caller.account, asked);
  if (id === caller.owner.id) return caller.owner;
  const owner = await accounts.loadAccount(id);
  if (!owner) throw notFound(`there is no account ${id}`);
  return owner;
}

/** @throws HttpFailure 400, 403 for a scope that the caller lacks, 404 for an unknown account, 409 for a key too many. */
export async function createKey(ports: KeyPorts, caller: Caller, body: string, query: Query): Promise<Answer> {
  const fields = readKeyFields(body);
  const owner = await askedOwner(ports, caller, query['account']);
  const own: readonly Scope[] = caller.scopes.filter((scope) => scope !== 'operate');
  const wanted = fields.scopes ?? own;
  const lacking = wanted.filter((scope) => !own.includes(scope));
  if (lacking.length > 0) throw ownFailure('missingScope', `the key cannot give ${lacking.join(', ')}: it lacks it`);
  if (wanted.length === 0) throw ownFailure('missingScope', 'the key has no scope that it could give');
  const now = ports.clock.now();
  const expiresAt = expiryOf(fields.expiresAt, caller.key, now);
  const text = newKeyText(() => ports.randomSource.secret());
  const key: ApiKey = {
    digest: sha256Hex(text),
    accountId: owner.id,
    hint: keyHintOf(text),
    createdAt: now,
    scopes: wanted,
    createdBy: `key:${keyIdOf(caller.key)}`,
    ...(fields.name !== undefined && { name: fields.name }),
    ...(expiresAt !== undefined && { expiresAt }),
  };
  await putNewKey(ports, key);
  return { status: 201, body: { ...publicKey(key, owner), key: text }, madeId: keyIdOf(key), ownerId: owner.id };
}

function expiryOf(wanted: number | undefined, { expiresAt: ownEnd }: ApiKey, now: number): number | undefined {
  if (wanted !== undefined && wanted <= now) throw invalidParameter('expires_at must be in the future');
  if (ownEnd === undefined) return wanted;
  if (wanted !== undefined && wanted > ownEnd) {
    throw invalidParameter(
      `expires_at must not be later than the end of your own key, ${new Date(ownEnd).toISOString()}`,
    );
  }
  return wanted ?? ownEnd;
}

async function putNewKey({ accounts }: KeyPorts, key: ApiKey): Promise<void> {
  if ((await refusedRace(() => accounts.createKey(key))) === 'created') return;
  throw ownFailure('tooMany', `an account has ${limits.liveKeysMax} good keys at most; revoke one`);
}

/** All that are kept, at most `limits.keptKeysMax`: no page is needed. */
export async function listKeys(ports: KeyPorts, caller: Caller, query: Query): Promise<Answer> {
  const owner = await askedOwner(ports, caller, query['account']);
  const keys = await ports.accounts.listKeys(owner.id);
  return { status: 200, body: { data: keys.map((key) => publicKey(key, owner)) } };
}

/** @throws HttpFailure 404, or 403 for a key of the own account that may do what the caller may not. */
export async function revokeKey(ports: KeyPorts, caller: Caller, keyId: string, query: Query): Promise<Answer> {
  const { accounts, clock } = ports;
  const owner = await askedOwner(ports, caller, query['account']);
  const key = (await accounts.listKeys(owner.id)).find((one) => keyIdOf(one) === keyId.toLowerCase());
  if (!key) throw documentedFailure(404);
  if (owner.id === caller.owner.id) refuseStronger(key, caller, clock.now());
  const revoked = await accounts.revokeKey(key.digest, clock.now());
  if (!revoked) throw documentedFailure(404);
  return { status: 200, body: publicKey(revoked, owner), ownerId: owner.id };
}

function refuseStronger(key: ApiKey, { owner, scopes: own }: Caller, now: number): void {
  const beyond = scopesOf(key, owner).filter((scope) => !own.includes(scope));
  if (beyond.length === 0 || !isLive(key, now)) return;
  throw ownFailure('missingScope', `the key to be revoked has ${beyond.join(', ')}, which yours lacks`);
}
