// The switch `--like-aws`: the limits of AWS that this machine then keeps too, so that what breaks on them breaks here
// first. Each limit is kept where it belongs: executions and freezes in lambda/, throttles in http/. docs/local.md
// lists them.

export interface AwsManners {
  /** Executions of all functions together, like an account's quota. */
  readonly concurrencyMax: number;
  /** A connection that was open during a freeze of this length is dead when the function continues. */
  readonly idleMsMax: number;
}

/** The quota of a new AWS account. @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const NEW_ACCOUNT_CONCURRENCY = 10;

/** Seconds, in place of the minutes for which load balancers and NAT gateways remember an idle connection. */
export const IDLE_CONNECTION_MS_MAX = 3_000;
