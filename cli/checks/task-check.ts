// The last check: a whole task, submitted over HTTP like any client's, through to its end. With a simulator it fails
// once on purpose, so that a retry, its delay and a callback are part of it.
import { createAccount } from '../commands/account-commands.ts';
import { createKey } from '../commands/key-commands.ts';
import { failed, ok, skipped } from './check.ts';
import type { PublicTask } from '../../core/http/public-task.ts';
import type { Account } from '../../core/domain/account.ts';
import type { Check, CheckContext, Verdict } from './check.ts';

/** Fails once with a passing failure, then completes. */
export const SCRIPTED_MODEL = 'simulator/5003.0/text-to-image';

const ACCOUNT_NAME = 'relay doctor';
const TIMEOUT_MS = 90_000;
const LOOK_EVERY_MS = 500;

const doctorAccount = async ({ ports }: CheckContext): Promise<Account> =>
  (await ports.store.listAccounts()).find(({ name }) => name === ACCOUNT_NAME) ??
  createAccount(ports, ACCOUNT_NAME, { limit: 5 });

const submitAndFollow = async (context: CheckContext, model: string, key: string): Promise<Verdict> => {
  const { target, ports } = context;
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ prompt: 'a lighthouse at dusk' });
  const answer = await fetch(`${target.url}/v1/${model}`, { method: 'POST', headers, body });
  const { id, error } = (await answer.json()) as { id?: string; error?: string };
  if (!answer.ok || id === undefined) {
    return failed(`A submit is answered ${answer.status} ${error ?? ''}.`, "Look at the api function's log.");
  }
  const startedAt = ports.clock.now();
  let task: PublicTask | undefined;
  while (ports.clock.now() - startedAt < TIMEOUT_MS) {
    await ports.clock.sleep(LOOK_EVERY_MS);
    task = (await (await fetch(`${target.url}/v1/requests/${id}`, { headers })).json()) as PublicTask;
    if (task.completed_at !== null) break;
  }
  const took = `${((ports.clock.now() - startedAt) / 1_000).toFixed(1)} s`;
  if (task?.status === 'completed') {
    return ok(`${model} completed in ${took}, with ${task.attempts.length} attempts.`);
  }
  const stands = task?.completed_at
    ? `ended as ${task.status}: ${task.error}`
    : `is still ${task?.phase} after ${took}`;
  return failed(`The task ${id} ${stands}.`, `\`npm run relay -- tasks show ${id}\` tells what it waits for.`);
};

export const taskCheck: Check = {
  name: 'task',
  run: async (context) => {
    const { taskModel, ports } = context;
    if (taskModel === undefined) return skipped('Get3W would be paid for it; --task vendor/model/task submits one.');
    const { id } = await doctorAccount(context);
    const { key, stored } = await createKey(ports, id);
    try {
      return await submitAndFollow(context, taskModel, key);
    } finally {
      await ports.store.revokeKey(stored.digest, ports.clock.now());
    }
  },
};
