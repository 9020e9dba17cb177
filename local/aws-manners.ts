// The switch `--like-aws`: which of AWS's limits this machine keeps too, so that what breaks on them breaks here first.
// Each limit is kept where it belongs: executions and freezes in lambda/, throttles in http/. docs/local.md lists them.

export interface AwsManners {
  /** Executions of all functions together, as an account's quota has it. */
  readonly concurrencyMax: number;
  /** A connection that lived through a freeze of this length is dead when the function goes on. */
  readonly idleMsMax: number;
}

/** What AWS gives a new account. @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const NEW_ACCOUNT_CONCURRENCY = 10;

/** Seconds stand for the minutes that load balancers and NAT gateways remember an idle connection. */
export const IDLE_CONNECTION_MS_MAX = 3_000;
