// `?sync=true`: holds the answer until the task has ended, as far as the shares of waiting calls allow. A call that
// waits holds an execution of the AWS account for up to 25 s, so leases count the account's waits and all waits; beyond
// them the answer shows the task as it is.
import { syncWaitsOfAccount, syncWaitsOfRelay } from '../../core/domain/share-settings.ts';
import { limits } from '../../core/domain/limits.ts';
import { takeShare } from '../../core/flows/take-share.ts';
import { invalidParameter, seconds } from '../../core/http/http-failure.ts';
import { isAtRest, loadKnownTask, refuseErased } from './known-task.ts';
import { shownTask } from './show-task.ts';
import type { Account } from '../../core/domain/account.ts';
import type { Places } from '../../core/ports/places.ts';
import type { PublicTask } from '../../core/http/public-task.ts';
import type { ShareTaken } from '../../core/flows/take-share.ts';
import type { KeptPorts } from './kept-ports.ts';
import type { KnownTask } from './known-task.ts';

const FIRST_POLL_MS = 250;
const POLL_MS_MAX = 1_000;
/** A lease outlives the function that holds it: only a killed function leaves its place to the lease's end. */
const leaseMs = limits.syncWaitMs + 5_000;
/** When to ask again for a task that could not be waited for. */
const RETRY_MS_MAX = 5_000;

export type WaitPorts = KeptPorts & { readonly places: Places };

interface Waited {
  readonly body: PublicTask;
  readonly headers: Readonly<Record<string, string>>;
}

/** @throws HttpFailure 400 when the task is no longer kept, 410 when it was erased. */
export async function waitForEnd(ports: WaitPorts, account: Account, taskId: string): Promise<Waited> {
  const known = await loadKnown(ports, account, taskId);
  if (isAtRest(known)) return { body: await shownTask(ports, known), headers: {} };
  const share = await takeWait(ports, account);
  if (share.kind === 'full') {
    ports.metrics.emit({ values: { SyncWaitsRefused: 1 }, properties: { accountId: account.id, taskId } });
    const retryMs = Math.min(RETRY_MS_MAX, share.freeAt - ports.clock.now());
    return { body: await shownTask(ports, known), headers: { 'retry-after': seconds(retryMs) } };
  }
  try {
    return { body: await shownTask(ports, await pollUntilEnd(ports, account, taskId)), headers: {} };
  } finally {
    // A place that cannot be given back is free again with its lease; the task's answer must not fail because of it.
    await share.giveBack().catch((error: unknown) => ports.log.warn('A place of a waiting call was kept', { error }));
  }
}

async function takeWait(ports: WaitPorts, account: Account): Promise<ShareTaken> {
  const { shares } = ports.settings;
  return takeShare(ports.places, account.id, {
    resource: 'sync',
    accountMax: syncWaitsOfAccount(shares, account.syncWaitsMax),
    relayMax: syncWaitsOfRelay(shares),
    leaseMs,
  });
}

async function loadKnown(ports: WaitPorts, account: Account, taskId: string): Promise<KnownTask> {
  const known = await loadKnownTask(ports, taskId);
  if (!known) await refuseErased(ports, account, taskId);
  if (!known) throw invalidParameter('the task of this Idempotency-Key is no longer kept');
  return known;
}

/** Polls the durable state at growing intervals; when the time is up, answers with the task as it is. */
async function pollUntilEnd(ports: WaitPorts, account: Account, taskId: string): Promise<KnownTask> {
  const { clock } = ports;
  const until = clock.now() + limits.syncWaitMs;
  for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(POLL_MS_MAX, pollMs * 1.5)) {
    await clock.sleep(Math.max(0, Math.min(pollMs, until - clock.now())));
    const known = await loadKnown(ports, account, taskId);
    if (isAtRest(known) || clock.now() >= until) return known;
  }
}
