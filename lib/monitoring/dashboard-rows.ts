// The contents of the dashboard: one row for each question that an operator asks of it. Every series of the contract
// that no alarm reads is here, which a test enforces. relay-dashboard.ts lays the rows out.
import { Duration } from 'aws-cdk-lib';
import { GraphWidget, LogQueryVisualizationType, LogQueryWidget, MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { METRIC_NAMESPACE } from '../../core/contract/metrics.ts';
import { relayMetric } from './relay-metric.ts';
import { indexNames, storeMetric } from './store-alarms.ts';
import { savedQueries } from './saved-queries.ts';
import type { IMetric, IWidget, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { HttpStage } from 'aws-cdk-lib/aws-apigatewayv2';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { MetricDimension, MetricName } from '../../core/contract/metrics.ts';

/** The resources that the dashboard shows beside the relay's own metrics. */
export interface DashboardSubject {
  readonly service: string;
  readonly stage: HttpStage;
  readonly table: ITable;
  /** By stage name. */
  readonly functions: Readonly<Record<string, IFunction>>;
  readonly queues: Readonly<Record<string, { readonly queue: IQueue; readonly deadLetters: IQueue }>>;
  readonly logGroups: readonly ILogGroup[];
}

interface DashboardRow {
  /** The question that the row answers. */
  readonly title: string;
  readonly widgets: readonly IWidget[];
}

/** CloudWatch's grid is 24 wide: three widgets in a line. */
const WIDTH = 8;
const HEIGHT = 6;
const period = Duration.minutes(5);
/** The value of the `model` dimension until an operator chooses another in the dashboard's variable. */
const MODEL = 'other';

export function dashboardRows(subject: DashboardSubject): readonly DashboardRow[] {
  return [
    { title: 'Are users served?', widgets: servedWidgets(subject) },
    { title: 'Is work moving?', widgets: movingWidgets(subject) },
    { title: 'What fails, and with which code?', widgets: failingWidgets(subject) },
    { title: 'What does it cost?', widgets: costWidgets(subject) },
  ];
}

function servedWidgets({ service, stage }: DashboardSubject): readonly IWidget[] {
  return [
    graph('Tasks', [sum(service, 'TasksAccepted'), sum(service, 'TasksEnded'), sum(service, 'TasksLost')]),
    graph('Tasks that were served, percent', [
      derived('100 - 100 * FILL(lost, 0) / ended', 'Served', {
        lost: sum(service, 'TasksLost'),
        ended: sum(service, 'TasksEnded'),
      }),
    ]),
    graph('From submit to end, ms', [...times(service, 'EndToEndTime')]),
    graph('API: time, ms', [...times(service, 'ApiTime')]),
    graph('API: answers by status', [byCode(service, 'ApiAnswers')]),
    graph('API: requests and errors', [
      stage.metricCount({ statistic: 'Sum', period, label: 'Requests' }),
      stage.metricClientError({ statistic: 'Sum', period, label: '4xx' }),
      stage.metricServerError({ statistic: 'Sum', period, label: '5xx' }),
    ]),
    graph('Model chosen above: tasks', [
      sum(service, 'TasksEnded', { model: MODEL }),
      sum(service, 'TasksLost', { model: MODEL }),
    ]),
    graph('Model chosen above: from submit to end, ms', [...times(service, 'EndToEndTime', { model: MODEL })]),
    graph('Model chosen above: spend', [sum(service, 'Spend', { model: MODEL })]),
  ];
}

function movingWidgets({ service, queues }: DashboardSubject): readonly IWidget[] {
  return [
    graph('Slots: in flight, limit, waiting', [
      most(service, 'SlotsInUse'),
      most(service, 'SlotsLimit'),
      most(service, 'TasksWaiting'),
    ]),
    graph('From submit to the first attempt, ms', [...times(service, 'QueueWait')]),
    graph('Gate: pause (1 limited, 2 operator, 3 refused), open circuits', [
      most(service, 'GatePause'),
      most(service, 'CircuitsOpen'),
    ]),
    graph('Sweep: runs, repairs', [sum(service, 'SweepRuns'), sum(service, 'SweepRepairs')]),
    graph('Sweep: how long work was overdue, s', [most(service, 'OverdueAge')]),
    graph('Messages that the relay could not serve', [sum(service, 'BatchFailures')]),
    graph(
      'Queues: age of the oldest message, s',
      Object.entries(queues).map(([name, { queue }]) =>
        queue.metricApproximateAgeOfOldestMessage({ statistic: 'Maximum', period, label: name }),
      ),
    ),
    graph(
      'Dead letters',
      Object.entries(queues).map(([name, { deadLetters }]) =>
        deadLetters.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum', period, label: name }),
      ),
    ),
    graph('Webhooks: calls, failures, given up, endpoints disabled', [
      sum(service, 'DeliveriesAttempted'),
      sum(service, 'DeliveriesFailed'),
      sum(service, 'DeliveriesExhausted'),
      sum(service, 'EndpointsDisabled'),
    ]),
    graph('Webhooks: from event to first call, ms', [...times(service, 'DeliveryLag')]),
    graph('Webhooks: age of the oldest undelivered event, s', [most(service, 'OldestUndelivered')]),
    graph('Outputs: kept, failed tries, lost', [
      sum(service, 'OutputsKept'),
      sum(service, 'OutputsFailed'),
      sum(service, 'OutputsLost'),
    ]),
    graph('Outputs: age of the oldest that is not kept, s', [most(service, 'OldestUnkept')]),
  ];
}

function failingWidgets({ service, functions, logGroups }: DashboardSubject): readonly IWidget[] {
  return [
    graph('Failed attempts by code', [byCode(service, 'AttemptsFailed')]),
    graph('Attempts that failed, percent', [
      derived('100 * FILL(failed, 0) / ended', 'Failed', {
        failed: sum(service, 'AttemptsFailed'),
        ended: sum(service, 'AttemptsEnded'),
      }),
    ]),
    graph('Retries by code', [byCode(service, 'RetriesScheduled')]),
    graph('Tasks by the code they ended with', [byCode(service, 'TasksEnded')]),
    graph('Get3W: from submit to outcome, ms', [...times(service, 'ProviderWorkTime')]),
    graph('Lost answers by cause', [byCode(service, 'DoubtsEntered')]),
    graph('Webhook failures by cause', [byCode(service, 'DeliveriesFailed')]),
    graph('Callbacks with forged tokens', [sum(service, 'CallbacksForged')]),
    graph(
      'Functions: crashes and timeouts',
      Object.entries(functions).map(([name, one]) => one.metricErrors({ statistic: 'Sum', period, label: name })),
    ),
    ...(['Backoff', 'FailedTasks', 'AttemptsPerTask'] as const).flatMap((id) => logTable(id, logGroups)),
  ];
}

function costWidgets({ service, functions, table }: DashboardSubject): readonly IWidget[] {
  return [
    graph('Attempts paid for, and paid for twice', [
      derived('ended - FILL(failed, 0)', 'Paid', {
        ended: sum(service, 'AttemptsEnded'),
        failed: sum(service, 'AttemptsFailed'),
      }),
      sum(service, 'UnusedSuccesses'),
    ]),
    graph('Spend, by the price table', [sum(service, 'Spend')]),
    graph('Balances and budgets used up', [sum(service, 'BudgetsUsedUp')]),
    graph('Attempts for each task', [
      derived('attempts / tasks', 'Attempts', {
        attempts: sum(service, 'AttemptsEnded'),
        tasks: sum(service, 'TasksEnded'),
      }),
    ]),
    graph(
      'Lambda: seconds of work',
      Object.entries(functions).map(([name, one]) => {
        // Ids must be unique within a graph, so each contains the name of its function.
        return derived(`${name}_ms / 1000`, name, { [`${name}_ms`]: one.metricDuration({ statistic: 'Sum', period }) });
      }),
    ),
    graph('DynamoDB: units consumed', [
      storeMetric(table, 'ConsumedWriteCapacityUnits', { period, label: 'ConsumedWriteCapacityUnits' }),
      storeMetric(table, 'ConsumedReadCapacityUnits', { period, label: 'ConsumedReadCapacityUnits' }),
    ]),
    graph(
      'DynamoDB: throttled, of the table and of each index',
      [undefined, ...indexNames].flatMap((index) =>
        ['Write', 'Read'].map((kind) =>
          storeMetric(table, `${kind}ThrottleEvents`, { period, index, label: `${index ?? 'table'}: ${kind}` }),
        ),
      ),
    ),
    graph('DynamoDB: conflicting writes', [
      storeMetric(table, 'TransactionConflict', { period, label: 'TransactionConflict' }),
    ]),
  ];
}

function graph(title: string, left: IMetric[]): GraphWidget {
  return new GraphWidget({
    title,
    left,
    width: WIDTH,
    height: HEIGHT,
    leftYAxis: { min: 0, showUnits: false },
    period,
  });
}

type By = Partial<Record<MetricDimension, string>>;

function sum(service: string, name: MetricName, by: By = {}): Metric {
  return relayMetric(name, service, { statistic: 'Sum', period, label: name, by });
}

function most(service: string, name: MetricName): Metric {
  return relayMetric(name, service, { statistic: 'Maximum', period, label: name });
}

function times(service: string, name: MetricName, by: By = {}): readonly Metric[] {
  return ['p50', 'p99'].map((statistic) => relayMetric(name, service, { statistic, period, label: statistic, by }));
}

/** One line for each code that occurs. */
function byCode(service: string, name: MetricName): MathExpression {
  return new MathExpression({
    expression:
      `SELECT SUM(${name}) FROM SCHEMA("${METRIC_NAMESPACE}", service, code) ` +
      `WHERE service = '${service}' GROUP BY code ORDER BY SUM() DESC`,
    usingMetrics: {},
    label: '',
    period,
  });
}

function derived(expression: string, label: string, usingMetrics: Record<string, IMetric>): MathExpression {
  return new MathExpression({ expression, usingMetrics, label, period });
}

function logTable(id: string, logGroups: readonly ILogGroup[]): readonly IWidget[] {
  const query = savedQueries[id];
  if (query === undefined) throw new Error(`the saved query ${id} does not exist`);
  return [
    new LogQueryWidget({
      title: query.title,
      logGroupNames: logGroups.map(({ logGroupName }) => logGroupName),
      queryLines: [...query.lines],
      view: LogQueryVisualizationType.TABLE,
      width: WIDTH,
      height: HEIGHT,
    }),
  ];
}
