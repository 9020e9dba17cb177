// Hard limits that no deployment may change, each with its reason; a request beyond them gets a clear refusal.
// Pure constants, read by functions, stack and documentation. What a deployment may choose is in settings.ts.

import { DAY_MS, HOUR_MS, SECOND_MS } from './time-ms.ts';

export const limits = {
  /** Body of a submit that arrives as text: Lambda takes 6 MB, with what JSON adds to the text around it. */
  bodyBytesMax: 5_000_000,
  /** Body of a submit without a content type of text: the gateway hands it over as base64, a third longer. */
  encodedBodyBytesMax: 4_000_000,
  /**
   * An input that is stored in the table. A longer one costs more there than one write and one read of S3, by the prices of
   * docs/cost.md: two write units for each KB where an account counts its tasks, against eight for a write of S3.
   */
  tableInputBytesMax: 4_096,
  /** Uploads that one input may name: each is copied before the task is made. */
  uploadsPerTaskMax: 20,
  /**
   * An input that is stored in its task's row, together with the other texts that clients choose: what is left of 1 KB,
   * one write unit, after an attempt and its outputs.
   */
  rowTextBytesMax: 450,
  /**
   * Nesting of arrays and objects in a body: more than any model asks for, and as much as a reader's stack can take.
   */
  bodyDepthMax: 64,
  /** A webhook address; longer ones break proxies and log entries. */
  webhookUrlBytesMax: 2_048,
  /** An idempotency key, with the bound of Stripe and the IETF draft. */
  idempotencyKeyBytesMax: 255,
  /** How long an idempotency key is remembered: 24 hours. */
  idempotencyMs: DAY_MS,
  /** vendor, model or task in the path. */
  pathSegmentBytesMax: 128,
  /** Attempts kept in a task; older ones are dropped from the front so that the item stays small. */
  attemptsKept: 40,
  /** Failures of all kinds together before a task ends, a bound for the sum of the policies. */
  attemptsTotalMax: 200,
  /** Text of one error kept from Get3W. */
  errorTextCharsMax: 1_000,
  /** The longest `Retry-After` accepted from Get3W: more would let one answer stop every task for a day. */
  retryAfterMsMax: HOUR_MS,
  /** The same for a webhook's receiver; its delivery's schedule bounds it further. */
  webhookRetryAfterMsMax: DAY_MS,
  /** Outputs of a task as JSON; Get3W returns URLs, not media. */
  outputsCharsMax: 65_536,
  /** Nesting of arrays and objects in outputs: readers of JSON elsewhere stop at 64 or 100. */
  outputsNestingMax: 64,
  /** Outputs of one task that are kept: more than any model returns, and few enough for one row. */
  keptOutputsMax: 100,
  /** An id of Get3W's: paths and the task contain it. */
  upstreamIdCharsMax: 200,
  /** Get3W's estimate of a duration: only a hint, which must not postpone the first poll by a year. */
  estimatedMsMax: 30 * DAY_MS,
  /** Days of one call of /v1/spend: a quarter of a year. */
  spendDaysMax: 93,
  /** Tasks answered by one list call. */
  pageSizeMax: 100,
  pageSizeDefault: 20,
  /** Groups of failures answered by one call, those with the most tasks. */
  failureGroupsMax: 200,
  /** Rows of one page, as sent to API Gateway; Lambda's bound is 6 MB, and the frame around them needs room. */
  answerRowsBytesMax: 4_000_000,
  /** The API waits this long at most for `?sync=true`; the HTTP API itself gives up at 30 s. */
  syncWaitMs: 25_000,
  /** `?priority=`: seconds a task may jump ahead in its own account's queue. */
  prioritySecondsMax: HOUR_MS / SECOND_MS,
  /** DelaySeconds of SQS; longer waits are left to the sweep. */
  doorbellDelayMsMax: 900_000,
  /**
   * Tasks granted a slot in one round: a DynamoDB transaction holds 100 items. Each grant may write three (its task, the queues of
   * its account, its model), and each of ten arrivals without a slot three.
   */
  grantsMax: 16,
  /**
   * The same for a round without arrivals. Where no model fails either, a grant writes two rows at most, and one where few accounts
   * wait, whose rows are written once each.
   */
  grantsAloneMax: 24,
  /** Rows that DynamoDB writes in one transaction. */
  transactionRowsMax: 100,
  /** Bytes of tasks that are granted slots together: a transaction holds 4 MB, and a task of many attempts dozens of KB. */
  grantedBytesMax: 3_000_000,
  /**
   * Events that are applied to as many tasks in one transaction of 100 items: each may write nine (its task, two tickets,
   * its input, its end's event, its keep job, its account, the queues of its account, its model), and all of them one gate.
   */
  eventsPerCommitMax: 10,
  /**
   * Length of the names of one account's queues, mostly model names, above which no task may start to wait for one more
   * model: the names are in one row, which each waiting task of the account writes, and its retries may double them.
   */
  queueNamesBytesMax: 10_000,
  /** A callback body from Get3W. */
  callbackBytesMax: 262_144,
  /** A callback body on its way through the queue, with what JSON adds to it: SQS takes 256 KB a call. */
  outcomeMessageBytesMax: 200_000,
  /** Webhook endpoints of one account, whatever its own limit: all of them are read for each of its events. */
  webhookEndpointsMax: 50,
  /** Custom headers of an endpoint: their number, and their names and values together. */
  webhookHeadersMax: 20,
  webhookHeadersBytesMax: 4_096,
  /** What is read of a receiver's answer, and how much of that is kept: a longer one must not fill log and item. */
  answerBytesReadMax: 16_384,
  answerBytesKeptMax: 4_096,
  /** Attempts kept in a delivery, and what is kept of the answers of all but the newest. */
  deliveryAttemptsKept: 20,
  olderAnswerCharsMax: 256,
  /** How much later than its doorbell an event without fan-out counts as overdue. */
  eventGraceMs: 30_000,
  /** Events that one call of recover examines. */
  recoveryEventsMax: 500,
  /** Keys of one account that are good at once: enough to replace each of a few in turn. */
  liveKeysMax: 10,
  /** Keys of one account that are kept in all, revoked and expired ones too; the oldest of these make room. */
  keptKeysMax: 50,
  keyNameCharsMax: 100,
  /** Bulk jobs of one account that run at once. */
  runningJobsMax: 5,
  /** Mutes of failures of one account on one side, which are one row; and how long one may last. */
  mutesMax: 100,
  muteMsMax: 90 * DAY_MS,
  /** Tasks that a bulk job may name one by one. */
  jobIdsMax: 1_000,
  /** Where the estimate of a bulk job stops counting. */
  jobEstimateMax: 10_000,
} as const;
