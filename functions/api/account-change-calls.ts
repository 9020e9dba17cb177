// Operators' calls that change an account: its limits and money, and whether it is suspended. Each is on the record, with why.
// core/flows/change-account.ts makes the change, for the command line too; account-calls.ts shows accounts.
import { changeAccount, changeAccountOnce, resumeAccount, suspendAccount } from '../../core/flows/change-account.ts';
import { audited } from '../../core/flows/audited.ts';
import { notFound, ownFailure } from '../../core/http/http-failure.ts';
import { listedAccount } from './account-calls.ts';
import { accountIdPattern } from './asked-account.ts';
import { readIdempotencyKey } from './read-submit.ts';
import { readAccountChange, readReasonBody } from './read-account-change.ts';
import { refusedRace } from './refused-race.ts';
import { actorOf } from './serve-audited.ts';
import type { Account } from '../../core/domain/account.ts';
import type { AuditAction, AuditEntry } from '../../core/domain/audit-entry.ts';
import type { AuditPorts } from '../../core/flows/audited.ts';
import type { AccountChangePorts } from '../../core/flows/change-account.ts';
import type { Answer } from '../../core/http/answer.ts';
import type { AccountChanges } from '../../core/ports/account-changes.ts';
import type { AccountListing, AccountStore } from '../../core/ports/ports.ts';
import type { ListedPorts } from './account-calls.ts';
import type { Call } from './call.ts';

type ChangePorts = AccountChangePorts &
  AuditPorts &
  ListedPorts & { readonly accounts: AccountStore & AccountListing & AccountChanges };

/**
 * A client that lost the answer sends it again with the same `Idempotency-Key`, and money is added once.
 * @throws HttpFailure 400, 404, or 409 for one that submits faster than its money can be set, and for a key of another change.
 */
export async function patchAccount(ports: ChangePorts, call: Call): Promise<Answer> {
  const { change, changes, reason } = readAccountChange(call.body);
  const key = readIdempotencyKey(call.headers['idempotency-key']);
  const act = { action: 'account.change', changes, reason } as const;
  return acted(ports, call, act, async ({ id }) => {
    if (key === undefined) return { account: await changeAccount(ports, id, change) };
    const changed = await changeAccountOnce(ports, id, change, key);
    if (changed.kind === 'other-change') throw ownFailure('idempotencyKeyReused');
    if (changed.kind === 'unknown') return { account: undefined };
    return { account: changed.account, isReplay: changed.kind === 'repeated' };
  });
}

/** @throws HttpFailure 400, 404, or 409 for the caller's own, whose keys could not resume it, and for the last other operator. */
export async function suspendOther(ports: ChangePorts, call: Call): Promise<Answer> {
  const reason = readReasonBody(call.body);
  return acted(ports, call, { action: 'account.suspend', reason }, async (account) => {
    const { id: callerId } = call.caller.owner;
    if (account.id !== callerId) {
      const isUnchanged = account.suspendedAt !== undefined;
      return { account: await suspendAccount(ports, account, callerId), isUnchanged };
    }
    throw ownFailure('ownAccount', 'suspending it would refuse the key that you call with; use another operator');
  });
}

/** @throws HttpFailure 400, 404. */
export async function resumeOther(ports: ChangePorts, call: Call): Promise<Answer> {
  const reason = readReasonBody(call.body);
  return acted(ports, call, { action: 'account.resume', reason }, async ({ id, suspendedAt }) => ({
    account: await resumeAccount(ports, id),
    isUnchanged: suspendedAt === undefined,
  }));
}

interface Acted {
  /** Undefined for one that was deleted meanwhile. */
  readonly account: Account | undefined;
  /** Whether an earlier call with the same `Idempotency-Key` made the change. */
  readonly isReplay?: boolean;
  /** Whether it was so already. */
  readonly isUnchanged?: boolean;
}

interface Act {
  readonly action: AuditAction;
  readonly reason: string | undefined;
  readonly changes?: AuditEntry['changes'];
}

/** Does it on the record, to an account that exists, and answers the account as it is afterwards. */
async function acted(
  ports: ChangePorts,
  { caller, parameters }: Call,
  { action, reason, changes }: Act,
  change: (account: Account) => Promise<Acted>,
): Promise<Answer> {
  const id = parameters['id'] ?? '';
  const account = accountIdPattern.test(id) ? await ports.accounts.loadAccount(id) : undefined;
  if (!account) throw notFound('there is no account with this id; `GET /v1/accounts` lists them');
  const about = { target: id, accountId: id, ...(changes && { changes }) };
  const act = { actor: actorOf(caller), action, ...about, ...(reason !== undefined && { reason }) };
  const { account: after, isReplay } = await audited(
    ports,
    act,
    () => refusedRace(async () => change(account)),
    (made) => (made.isReplay || made.isUnchanged ? { outcome: 'unchanged' } : {}),
  );
  // As it is stored: what processes hold of its money is counted where it is shown.
  const stored = after && (await ports.accounts.loadAccount(id));
  if (!stored) throw notFound('the account was deleted in the meantime');
  const body = await listedAccount(ports, stored);
  return { status: 200, body, ...(isReplay && { headers: { 'idempotent-replayed': 'true' }, about: { isReplay } }) };
}
