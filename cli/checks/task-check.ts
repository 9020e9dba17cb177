// The last check: a task from its submit over HTTP, as a client does it, to its end. With a simulator the task fails
// once on purpose, so that the check covers a retry, its delay and a callback.
import { createAccount } from '../commands/account-commands.ts';
import { HTTP_TIMEOUT_MS } from '../command-client.ts';
import { keyIdOf } from '../../core/domain/api-key.ts';
import { onRecord } from '../audited-command.ts';
import { createKey } from '../commands/key-commands.ts';
import type { CommandPorts } from '../command-ports.ts';
import { failed, ok, skipped } from './check.ts';
import { HOUR_MS } from '../../core/domain/time-ms.ts';
import { typed } from '../typed-command.ts';
import type { PublicTask } from '../../core/http/public-task.ts';
import type { Account } from '../../core/domain/account.ts';
import type { Check, CheckContext, Verdict } from './check.ts';

/** Fails once with a transient failure, then completes. */
export const SCRIPTED_MODEL = 'simulator/5003.0/text-to-image';

const ACCOUNT_NAME = 'relay doctor';
/** An older account of this name is left over from a doctor that was interrupted. */
const LEFT_BEHIND_MS = HOUR_MS;
/** How long after its end a task may still count as unfinished. */
const RELEASE_MS = 5_000;
const TIMEOUT_MS = 90_000;
const POLL_MS = 500;
/** In the audit log. */
const REASON = 'doctor made it for its check';

/** An account for this check alone; it first removes those that interrupted checks have left. */
async function makeAccount({ ports }: CheckContext): Promise<Account> {
  const { store, clock, randomSource } = ports;
  for (const { id, name, createdAt } of await store.listAccounts()) {
    if (name.startsWith(ACCOUNT_NAME) && createdAt < clock.now() - LEFT_BEHIND_MS) await store.deleteAccount(id);
  }
  return createAccount(ports, `${ACCOUNT_NAME} ${randomSource.id()}`, { limit: 5 });
}

/** @returns a sentence when the account could not be removed. */
async function removeAccount({ ports }: CheckContext, { id, name }: Account): Promise<string | undefined> {
  const act = { action: 'account.delete', target: id, reason: REASON } as const;
  return onRecord(
    ports,
    act,
    () => removeWithin(ports, { id, name }),
    () => ({ accountId: id }),
  );
}

async function removeWithin(
  { store, clock }: CommandPorts,
  { id, name }: Pick<Account, 'id' | 'name'>,
): Promise<string | undefined> {
  const until = clock.now() + RELEASE_MS;
  while ((await store.deleteAccount(id)) === 'unfinished-tasks') {
    if (clock.now() > until) return `Its account ${name} remains until the task has ended; the next doctor removes it.`;
    await clock.sleep(POLL_MS);
  }
  return undefined;
}

function inTime(): AbortSignal {
  return AbortSignal.timeout(HTTP_TIMEOUT_MS);
}

async function submitAndFollow(context: CheckContext, model: string, key: string): Promise<Verdict> {
  const { target, ports } = context;
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ prompt: 'a lighthouse at dusk' });
  const answer = await fetch(`${target.url}/v1/${model}`, { method: 'POST', headers, body, signal: inTime() });
  const { id, error } = (await answer.json()) as { id?: string; error?: string };
  if (!answer.ok || id === undefined) {
    return failed(`The answer to a submit is ${answer.status} ${error ?? ''}.`, "See the api function's log.");
  }
  const startedAt = ports.clock.now();
  let task: PublicTask | undefined;
  while (ports.clock.now() - startedAt < TIMEOUT_MS) {
    await ports.clock.sleep(POLL_MS);
    task = (await (await fetch(`${target.url}/v1/requests/${id}`, { headers, signal: inTime() })).json()) as PublicTask;
    if (task.completed_at !== null) break;
  }
  const took = `${((ports.clock.now() - startedAt) / 1_000).toFixed(1)} s`;
  if (task?.status === 'completed') {
    return ok(`${model} completed in ${took}, with ${task.attempts.length} attempts.`);
  }
  const stands = task?.completed_at
    ? `ended as ${task.status}: ${task.error}`
    : `is still ${task?.phase} after ${took}`;
  return failed(`The task ${id} ${stands}.`, `\`${typed(`tasks show ${id}`)}\` shows its attempts.`);
}

export const taskCheck: Check = {
  name: 'task',
  run: async (context) => {
    const { taskModel, ports } = context;
    if (taskModel === undefined) return skipped('Get3W charges for a task; --task vendor/model/task submits one.');
    const account = await makeAccount(context);
    const { key, stored } = await createKey(ports, account);
    let left: string | undefined;
    let verdict: Verdict;
    try {
      verdict = await submitAndFollow(context, taskModel, key);
    } finally {
      const revoked = { action: 'key.revoke', target: keyIdOf(stored), reason: REASON } as const;
      const revoke = () => ports.store.revokeKey(stored.digest, ports.clock.now());
      await onRecord(ports, revoked, revoke, () => ({ accountId: account.id }));
      left = await removeAccount(context, account);
    }
    return left === undefined ? verdict : { ...verdict, detail: `${verdict.detail} ${left}` };
  },
};
