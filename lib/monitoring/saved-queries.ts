// The CloudWatch Logs Insights queries of the runbook, saved in the account under the relay's name. They find what is
// measured but not worth a series: each such value is in its line of the log. Field names are those of
// contract/wide-lines.ts and contract/metrics.ts; a test enforces that.
import { CfnQueryDefinition } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { wideLines } from '../../core/contract/wide-lines.ts';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';

interface SavedQuery {
  readonly title: string;
  readonly lines: readonly string[];
}

const requests = `filter message = '${wideLines.request.message}'`;
const attempts = `filter message = '${wideLines.attempt.message}'`;
const webhooks = `filter message = '${wideLines.webhook.message}'`;

/** By the id of their construct. Ids, codes and numbers only: prompts, keys and addresses are never in the log. */
export const savedQueries: Readonly<Record<string, SavedQuery>> = {
  OneTask: {
    title: 'One task from submit to webhook',
    lines: [
      'fields @timestamp, message, attempt, outcome, code, waitMs, answerMs, workMs, backoffMs, next, status, route, ' +
        'AttemptsStarted, TasksEnded',
      "filter taskId = 'put the id of the task here'",
      'sort @timestamp asc',
      'limit 1000',
    ],
  },
  OneCall: {
    title: 'One call of a client and its results',
    lines: [
      'fields @timestamp, message, taskId, attempt, outcome, code, next, status, route, tookMs, error.name',
      "filter correlationId = 'put the X-Request-Id here' or requestId = 'or the id of the call'",
      'sort @timestamp asc',
      'limit 1000',
    ],
  },
  FailedAttempts: {
    title: 'Failed attempts by code and model',
    lines: [
      `${attempts} and outcome != 'completed'`,
      'stats count(*) as ended, count_distinct(taskId) as tasks, pct(backoffMs, 50) as p50BackoffMs by code, model',
      'sort ended desc',
    ],
  },
  AttemptTimes: {
    title: 'Where attempts spend their time, by model',
    lines: [
      attempts,
      'stats count(*) as ended, pct(waitMs, 50) as waitP50, pct(waitMs, 99) as waitP99, pct(answerMs, 50) as answerP50, ' +
        'pct(answerMs, 99) as answerP99, pct(workMs, 50) as workP50, pct(workMs, 99) as workP99 by model',
      'sort ended desc',
    ],
  },
  LostAnswers: {
    title: 'Lost answers and how they ended',
    lines: [
      `${attempts} and ispresent(doubt)`,
      'stats count(*) as attempts, max(doubtMs) as longestMs, count(isUnusedSuccess) as paidTwice by doubt, code, model',
      'sort attempts desc',
    ],
  },
  RefusedAtSlots: {
    title: 'At how many slots Get3W answered 429',
    lines: [
      `${attempts} and code = 'http-429'`,
      'stats count(*) as refusals, min(rank) as fewestSlots, pct(rank, 50) as p50Slots, max(rank) as mostSlots by gateId, bin(15m)',
    ],
  },
  FailedTasks: {
    title: 'Failed tasks by account and code',
    lines: [
      'filter TasksFailed = 1',
      'stats count(*) as tasks, sum(TasksLost) as lost by accountId, code',
      'sort tasks desc',
    ],
  },
  Backoff: {
    title: 'Backoff given, by code',
    lines: [
      'filter ispresent(BackoffGiven)',
      'stats count(*) as retries, pct(BackoffGiven, 50) as p50Ms, pct(BackoffGiven, 99) as p99Ms by code',
      'sort retries desc',
    ],
  },
  AttemptsPerTask: {
    title: 'Attempts that tasks needed',
    lines: [
      'filter ispresent(AttemptsPerTask)',
      'stats avg(AttemptsPerTask) as average, pct(AttemptsPerTask, 99) as p99, max(AttemptsPerTask) as most by bin(15m)',
    ],
  },
  ProviderAnswers: {
    title: 'How fast Get3W answers a submit',
    lines: [
      `filter ispresent(AttemptsStarted) or message = '${wideLines.attempt.message}'`,
      'stats sum(AttemptsStarted) as submits, pct(answerMs, 50) as p50Ms, pct(answerMs, 99) as p99Ms by bin(5m)',
    ],
  },
  ApiCalls: {
    title: 'Calls of the API by route and status',
    lines: [
      requests,
      'stats count(*) as calls, pct(tookMs, 50) as p50Ms, pct(tookMs, 99) as p99Ms by route, status',
      'sort calls desc',
    ],
  },
  RefusedCalls: {
    title: 'Calls that were refused, by account and status',
    lines: [`${requests} and status >= 400`, 'stats count(*) as calls by accountId, status, route', 'sort calls desc'],
  },
  Shares: {
    title: 'Shares used up, by account',
    lines: [
      'filter ispresent(SyncWaitsRefused) or ispresent(RequestsRefused) or ispresent(LanesDeferred)',
      'stats sum(RequestsRefused) as requests, sum(SyncWaitsRefused) as waits, sum(LanesDeferred) as receivers by accountId',
      'sort requests desc',
    ],
  },
  Budgets: {
    title: 'Budgets: thresholds reached, by account',
    lines: [
      'filter ispresent(BudgetThresholds)',
      'stats sum(BudgetThresholds) as thresholds, sum(BudgetsUsedUp) as usedUp by accountId',
      'sort usedUp desc',
    ],
  },
  Faults: {
    title: 'Faults of the relay itself',
    lines: [
      "filter level in ['error', 'warn'] or ispresent(ApiErrors) or ispresent(DoorbellsFailed)",
      'fields @timestamp, service, level, message, taskId, error.name, error.message, ApiErrors, DoorbellsFailed',
      'sort @timestamp desc',
      'limit 200',
    ],
  },
  IgnoredOutcomes: {
    title: 'Callbacks and polls that changed nothing',
    lines: [
      "filter ispresent(OutcomesIgnored) or message = 'An outcome changed nothing'",
      'stats sum(OutcomesIgnored) as ignored, count(*) as entries by reason, bin(15m)',
    ],
  },
  Webhooks: {
    title: 'Webhooks: taken, refused, paused',
    lines: [
      'filter ispresent(DeliveryCallTime) or ispresent(DeliveriesSucceeded) or ispresent(LanePauses) or ispresent(EventsRecorded)',
      'stats sum(EventsRecorded) as events, sum(DeliveriesSucceeded) as taken, sum(DeliveriesFailed) as failed, ' +
        'sum(LanePauses) as pauses, pct(DeliveryCallTime, 99) as callP99Ms, pct(DeliveryTime, 99) as receiptP99Ms by bin(5m)',
    ],
  },
  Receivers: {
    title: 'Webhooks that failed, by receiver and cause',
    lines: [
      `${webhooks} and outcome = 'failed'`,
      'stats count(*) as calls, max(status) as highestStatus, pct(tookMs, 99) as p99Ms, max(lagMs) as latestMs by laneId, code',
      'sort calls desc',
    ],
  },
  Outputs: {
    title: 'Outputs that were kept, and how soon',
    lines: [
      'filter ispresent(OutputsKept) or ispresent(OutputsFailed) or ispresent(KeepLag)',
      'stats sum(OutputsKept) as outputs, sum(OutputsBytes) as bytes, sum(OutputsFailed) as failedTries, ' +
        'pct(KeepLag, 50) as lagP50Ms, pct(KeepLag, 99) as lagP99Ms by bin(1h)',
    ],
  },
  ColdStarts: {
    title: 'Cold starts by function',
    lines: [
      "filter @type = 'REPORT' and ispresent(@initDuration)",
      'stats count(*) as starts, pct(@initDuration, 50) as p50Ms, max(@initDuration) as mostMs by @log',
    ],
  },
};

interface SavedQueriesProps {
  readonly service: string;
  readonly logGroups: readonly ILogGroup[];
}

export class SavedQueries extends Construct {
  constructor(scope: Construct, id: string, { service, logGroups }: SavedQueriesProps) {
    super(scope, id);
    for (const [queryId, { title, lines }] of Object.entries(savedQueries)) {
      new CfnQueryDefinition(this, queryId, {
        // The slash makes the console show a folder for the service.
        name: `${service}/${title}`,
        queryString: lines.join('\n| '),
        logGroupNames: logGroups.map(({ logGroupName }) => logGroupName),
      });
    }
  }
}
