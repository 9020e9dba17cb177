// How much of what all accounts share one account may use: requests, unfinished tasks, calls that wait, runs of deliver
// held by slow receivers, endpoints. Pure data with the few sums derived from it; limits that an operator has set for
// an account override these.

export interface ShareSettings {
  /**
   * Concurrent executions of the AWS account that the relay may count on. A new account has 10; `doctor` compares it
   * with the quota. Whatever may hold an execution for seconds gets a share of it.
   * @change to the account's quota as soon as AWS has raised it.
   */
  readonly lambdaConcurrency: number;
  /**
   * Copies of the deliver function that its queue may keep busy; the stack sets it to its own `maxConcurrency`.
   * @change through `maxConcurrency` of the deployment.
   */
  readonly deliverRuns: number;
  /**
   * Weight of a new account: its share of the slots relative to other accounts that wait.
   * @change higher to leave room below it for accounts of less weight.
   */
  readonly weight: number;
  /**
   * Calls of one account that may wait for their task with `?sync=true` at the same time.
   * @change higher for clients that only know `sync`, with a larger quota.
   */
  readonly syncWaitsMax: number;
  /**
   * Requests per second of one account, over a second or two; operators' keys have no such bound.
   * @change higher for one large client, with `tasksPerSecond`; an account's own limit overrides it.
   */
  readonly requestsPerSecond: number;
  /**
   * Tasks of one account that may be unfinished at the same time.
   * @change higher for clients that submit a night's work at once; an account's own limit overrides it.
   */
  readonly unfinishedTasksMax: number;
  /**
   * Webhook endpoints of one account.
   * @change higher for an account that serves many apps; an account's own limit overrides it.
   */
  readonly endpointsMax: number;
  /**
   * How long a run of deliver calls receivers of one account before it needs one of the account's places to continue.
   * @change longer when healthy receivers take seconds.
   */
  readonly patienceMs: number;
}

export const defaultShareSettings: ShareSettings = {
  lambdaConcurrency: 10,
  deliverRuns: 10,
  weight: 1,
  syncWaitsMax: 5,
  // Half of what the HTTP API accepts from all accounts together.
  requestsPerSecond: 50,
  // An hour's work for a key whose Get3W limit is 30 tasks of 10 s at once.
  unfinishedTasksMax: 10_000,
  endpointsMax: 10,
  // Healthy receivers answer within a tenth of it; 300 that suddenly stop do not hold ten runs for three seconds.
  patienceMs: 1_000,
};

/** A tenth of the executions, but at least two, may wait for tasks: 2 of 10, 100 of 1,000. */
export function syncWaitsOfRelay({ lambdaConcurrency }: ShareSettings): number {
  return Math.max(2, Math.floor(lambdaConcurrency / 10));
}

/** An account's waits: never more than half of the relay's, so that one account leaves some for the others. */
export function syncWaitsOfAccount(settings: ShareSettings, ownMax: number | undefined): number {
  return Math.max(1, Math.min(ownMax ?? settings.syncWaitsMax, Math.floor(syncWaitsOfRelay(settings) / 2)));
}

/** Runs of deliver that slow receivers may hold: of one account, of all, and of all when an account holds none yet. */
export function slowRuns({ deliverRuns, lambdaConcurrency }: ShareSettings): {
  readonly accountMax: number;
  readonly relayMax: number;
  readonly relayMaxForFirst: number;
} {
  const runs = Math.min(deliverRuns, lambdaConcurrency);
  const share = (part: number): number => Math.max(1, Math.floor(runs * part));
  return { accountMax: share(0.2), relayMax: share(0.4), relayMaxForFirst: share(0.6) };
}
