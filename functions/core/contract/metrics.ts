// Every metric: its name, unit, dimensions and meaning. Functions emit by these names, alarms and widgets read them,
// the documentation lists them. Ids are properties of a line, never dimensions: a series per id would cost a fortune.

export const METRIC_NAMESPACE = 'Get3wRelay';

export type MetricUnit = 'Count' | 'Milliseconds' | 'Seconds' | 'None';

/** Extra dimension beside `service`; a metric is emitted once without and once with each it names. */
export type MetricDimension = 'code' | 'model';

export interface MetricDefinition {
  readonly unit: MetricUnit;
  readonly dimensions: readonly MetricDimension[];
  readonly meaning: string;
}

const count = (meaning: string, ...dimensions: MetricDimension[]): MetricDefinition => ({
  unit: 'Count',
  dimensions,
  meaning,
});
const time = (meaning: string, ...dimensions: MetricDimension[]): MetricDefinition => ({
  unit: 'Milliseconds',
  dimensions,
  meaning,
});

export const metricDefinitions = {
  TasksAccepted: count('Tasks that the API took in.'),
  TasksEnded: count('Tasks that ended, by task code; `cancelled` for those cancelled.', 'code', 'model'),
  TasksFailed: count('Tasks that ended as failed, by task code.', 'code', 'model'),
  AttemptsStarted: count('Attempts that were submitted to Get3W.'),
  AttemptsEnded: count('Attempts that were closed, by what they met.', 'code'),
  AttemptsFailed: count('Attempts that met an error, by its code.', 'code'),
  RetriesScheduled: count('Attempts that will be made again after a backoff, by the error.', 'code'),
  BackoffGiven: time('Delay given before the next attempt.'),
  ApiAnswers: count('Answers of the API, by HTTP status.', 'code'),
  ApiErrors: count('Answers of the API of status 500 and above.'),
  ApiTime: time('Time the API took to answer.'),
  EndToEndTime: time('From submit to end.'),
  QueueWait: time('From submit to the first attempt.'),
  ProviderTime: time('Time Get3W took to answer a submit.'),
  ProviderWorkTime: time('From submit at Get3W to the outcome of the attempt.'),
  AttemptsPerTask: { unit: 'Count', dimensions: [], meaning: 'Attempts that an ended task had used.' },
  DoubtsEntered: count('Submits whose answer was lost.', 'code'),
  AttemptsSpent: count('Successes that no task could use: probably paid for nothing.'),
  OutcomesIgnored: count('Callbacks and polls that were stale, doubled or foreign.'),
  CallbacksForged: count('Callbacks whose token nobody gave out.'),
  SlotsInUse: { unit: 'Count', dimensions: [], meaning: 'Slots of the gate in use.' },
  SlotsLimit: { unit: 'Count', dimensions: [], meaning: 'Slots of the gate in all, as told or learned.' },
  TasksWaiting: { unit: 'Count', dimensions: [], meaning: 'Tasks that wait for a slot.' },
  GatePaused: { unit: 'Count', dimensions: [], meaning: '1 while the gate is paused, 0 otherwise.' },
  AccountRefused: count('Submits that Get3W refused for the account: 401 and 403.', 'code'),
  CircuitsOpen: { unit: 'Count', dimensions: [], meaning: 'Models whose circuit is not closed.' },
  SweepRuns: count('Runs of sweep: its heartbeat.'),
  SweepRepairs: count('Doorbells that sweep had to ring again because one was lost.'),
  OverdueAge: { unit: 'Seconds', dimensions: [], meaning: 'How long the most overdue task has been overdue.' },
  DoorbellsFailed: count('Doorbells that could not be sent; sweep rings them.'),
  BatchFailures: count('Messages given back to their queue because the relay failed.'),
  EventsHandedOn: count('Events handed to the lanes of their receivers.'),
  DeliveriesAttempted: count('Calls of webhooks.'),
  DeliveriesFailed: count('Calls of webhooks that were no success, by where they broke.', 'code'),
  DeliveriesSucceeded: count('Webhooks that their receiver took.'),
  DeliveriesExhausted: count('Webhooks that nobody will send again unasked.'),
  DeliveryLag: time('From an event to the first call of its webhook.'),
  DeliveryTime: time('From an event to the receipt of its webhook, retries included.'),
  DeliveryCallTime: time('Time that one call of a webhook took.'),
  LanesPaused: count('Pauses of receivers that are in trouble.'),
  EndpointsDisabled: count('Endpoints disabled by a 410 or by five days of nothing but failures.'),
  OldestUndelivered: {
    unit: 'Seconds',
    dimensions: [],
    meaning: 'Age of the event that has waited longest for its webhook, whatever state its receiver is in.',
  },
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof metricDefinitions;

/** One line: values that share their dimensions. */
export interface MetricLine {
  readonly values: Readonly<Partial<Record<MetricName, number>>>;
  /** Closed set: a key of the error catalogue, `cancelled`, or `other`. */
  readonly code?: string | undefined;
  readonly model?: string | undefined;
  /** Ids and the like, searchable in the logs, never a dimension. */
  readonly properties?: Readonly<Record<string, string | number | boolean>> | undefined;
}
