// AWS's price for each quantity that the meter counts: the one price table of docs/cost.md and the bench. us-east-1, on
// demand, without free tiers, November 2026. Sources: the pricing pages of API Gateway, Lambda, DynamoDB, SQS, S3 and
// CloudWatch at https://aws.amazon.com/<service>/pricing/
import type { Usage } from './usage.ts';

/** USD for one unit of each quantity. */
export const usagePrices = {
  httpRequests: 1 / 1e6,
  invocations: 0.2 / 1e6,
  /** arm64 */
  gbSeconds: 13.3334 / 1e6,
  writeUnits: 0.625 / 1e6,
  readUnits: 0.125 / 1e6,
  /** For each call, or each 64 KB of it. */
  sqsRequests: 0.4 / 1e6,
  logBytes: 0.5 / 1e9,
  /** Storage 0.25 and point-in-time recovery 0.20 a GB and month. */
  storedByteMonths: 0.45 / 1e9,
  /** S3 standard: a PUT, COPY, POST or part of an upload; a GET; a GB and month. Deleting is free. */
  objectWrites: 5 / 1e6,
  objectReads: 0.4 / 1e6,
  objectByteMonths: 0.023 / 1e9,
} as const satisfies Record<keyof Usage, number>;

/** About how often an idle source polls its queue in a month (Lambda's five pollers of 20 s each). */
export const IDLE_POLLS_PER_QUEUE_AND_MONTH = 650_000;

export function dollarsOf(usage: Usage): number {
  return Object.entries(usage).reduce((sum, [name, count]) => sum + count * usagePrices[name as keyof Usage], 0);
}
