// Queries of CloudWatch Logs Insights that the runbook speaks of, saved in the account under the relay's name. What is
// measured but not worth a series is found here: each such value stands in its line of the log.
import { CfnQueryDefinition } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';

export interface SavedQuery {
  readonly title: string;
  readonly lines: readonly string[];
}

/** By the id of their construct. Ids, codes and numbers only: prompts, keys and addresses are never in the log. */
export const savedQueries: Readonly<Record<string, SavedQuery>> = {
  OneTask: {
    title: 'One task from submit to webhook',
    lines: [
      'fields @timestamp, message, attempt, code, AttemptsStarted, ProviderTime, AttemptsEnded, BackoffGiven, TasksEnded',
      "filter taskId = 'put the id of the task here'",
      'sort @timestamp asc',
      'limit 1000',
    ],
  },
  FailedAttempts: {
    title: 'Failed attempts by code and model',
    lines: ['filter AttemptsFailed = 1', 'stats count(*) as attempts by code, modelName', 'sort attempts desc'],
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
      'filter ispresent(AttemptsStarted) or ispresent(ProviderTime)',
      'stats sum(AttemptsStarted) as submits, pct(ProviderTime, 50) as p50Ms, pct(ProviderTime, 99) as p99Ms by bin(5m)',
    ],
  },
  ApiCalls: {
    title: 'Calls of the API by route and status',
    lines: [
      "filter message = 'answered'",
      'stats count(*) as calls, pct(tookMs, 50) as p50Ms, pct(tookMs, 99) as p99Ms by route, status',
      'sort calls desc',
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
  ColdStarts: {
    title: 'Cold starts by function',
    lines: [
      "filter @type = 'REPORT' and ispresent(@initDuration)",
      'stats count(*) as starts, pct(@initDuration, 50) as p50Ms, max(@initDuration) as mostMs by @log',
    ],
  },
};

export interface SavedQueriesProps {
  readonly service: string;
  readonly logGroups: readonly ILogGroup[];
}

export class SavedQueries extends Construct {
  constructor(scope: Construct, id: string, { service, logGroups }: SavedQueriesProps) {
    super(scope, id);
    for (const [queryId, { title, lines }] of Object.entries(savedQueries)) {
      new CfnQueryDefinition(this, queryId, {
        // The slash makes a folder of the service in the console.
        name: `${service}/${title}`,
        queryString: lines.join('\n| '),
        logGroupNames: logGroups.map(({ logGroupName }) => logGroupName),
      });
    }
  }
}
