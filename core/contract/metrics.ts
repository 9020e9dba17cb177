// Every metric: its name, unit, dimensions, meaning, and whether it is worth a series. Functions emit by these names,
// alarms and widgets read them, the documentation lists them. Ids are properties of a line, never dimensions: a series
// per id would cost a fortune.

export const METRIC_NAMESPACE = 'Get3wRelay';

type MetricUnit = 'Count' | 'Milliseconds' | 'Seconds' | 'None';

/** Extra dimension beside `service`; a metric is emitted once without any and once with each dimension it names. */
export type MetricDimension = 'code' | 'model';

export interface MetricDefinition {
  readonly unit: MetricUnit;
  readonly dimensions: readonly MetricDimension[];
  readonly meaning: string;
  /** `log`: no series, because a series is paid by the month; the value is in its log line, where queries find it. */
  readonly kept: 'series' | 'log';
  /** Whether there is a series by service alone; without it the total is the sum over the other dimension. */
  readonly hasTotal: boolean;
  /** `silent`: a zero emits no datapoint, so that an idle relay pays for no series. Absent means 0. */
  readonly zero: 'reported' | 'silent';
  /** `rarely`: only when something unusual happens. A series is paid for the hours in which it reports. */
  readonly reports: 'usually' | 'rarely';
}

function measure(unit: MetricUnit, meaning: string, dimensions: readonly MetricDimension[] = []): MetricDefinition {
  return {
    unit,
    dimensions,
    meaning,
    kept: 'series',
    hasTotal: true,
    zero: 'reported',
    reports: 'usually',
  };
}

function count(meaning: string, ...dimensions: MetricDimension[]) {
  return measure('Count', meaning, dimensions);
}

function time(meaning: string, ...dimensions: MetricDimension[]) {
  return measure('Milliseconds', meaning, dimensions);
}

function lateness(meaning: string) {
  return rare(measure('Seconds', meaning));
}

function inLog(definition: MetricDefinition): MetricDefinition {
  return { ...definition, kept: 'log', dimensions: [] };
}

function withoutTotal(definition: MetricDefinition): MetricDefinition {
  return { ...definition, hasTotal: false };
}

function silentAtZero(definition: MetricDefinition): MetricDefinition {
  return { ...definition, zero: 'silent' };
}

/** Rare metrics are silent at zero, or they would report all the time. */
function rare(definition: MetricDefinition): MetricDefinition {
  return {
    ...silentAtZero(definition),
    reports: 'rarely',
  };
}

const definitions = {
  TasksAccepted: count('Tasks that the API accepted.'),
  TasksEnded: count('Tasks that ended, by task code; `cancelled` for those cancelled.', 'code', 'model'),
  TasksFailed: inLog(count('Tasks that ended as failed, whatever the cause.')),
  TasksLost: rare(count('Tasks that failed although their requests were valid.', 'model')),
  EndToEndTime: time('From submit to end, without tasks that were put back.', 'model'),
  QueueWait: time('From submit to the first attempt, without tasks that were put back.'),
  AttemptsPerTask: inLog(count('Attempts that an ended task had used.')),

  AttemptsStarted: inLog(count('Attempts that were claimed, to be submitted to Get3W.')),
  AttemptsEnded: count('Attempts that were closed, with any outcome.'),
  AttemptsFailed: count('Attempts that ended with an error, by its code.', 'code'),
  RetriesScheduled: withoutTotal(count('Attempts that will be made again after a backoff, by the error.', 'code')),
  BackoffGiven: inLog(time('Delay given before the next attempt.')),
  ProviderWorkTime: time('From submit at Get3W to the outcome of the attempt: its latency.'),
  DoubtsEntered: rare(count('Submits whose answer was lost.', 'code')),
  UnusedSuccesses: rare(count('Successes that no task could use: probably paid for twice.')),
  Spend: silentAtZero(measure('None', 'What successful attempts cost, by the price table; in US dollars.', ['model'])),
  OutcomesIgnored: inLog(count('Callbacks and polls that were stale, duplicated or foreign.')),
  CallbacksForged: rare(count('Callbacks with a token that the relay never issued.')),

  SlotsInUse: count('Slots of the gate in use: attempts in flight.'),
  SlotsLimit: count('Slots of the gate in total, as configured or learned.'),
  TasksWaiting: silentAtZero(count('Tasks that wait for a slot.')),
  GatePause: rare(
    measure(
      'None',
      'Why the gate lets no task through: 1 it waits after a 429, 2 an operator paused it, 3 Get3W refuses the account.',
    ),
  ),
  SlotsMiscounted: rare(
    count(
      'Slots that the gate counts and no task holds, or that tasks hold beyond its count; looked for once an hour.',
    ),
  ),
  CircuitsOpen: rare(count('Models whose circuit is not closed.')),

  SweepRuns: count('Runs of the sweep: its heartbeat.'),
  SweepRepairs: rare(count('Doorbells that the sweep sent again because one was lost.')),
  OverdueAge: lateness('How long the most overdue row had been overdue when the sweep found it.'),
  DoorbellsFailed: inLog(count('Doorbells that could not be sent; the sweep sends them.')),
  TasksDamaged: rare(
    count('Damaged task rows, each once an hour, and decisions refused because they would have written one.'),
  ),
  BatchFailures: rare(count('Messages returned to their queue because the relay failed.')),

  ApiAnswers: withoutTotal(count('Answers of the API, by HTTP status.', 'code')),
  ApiErrors: inLog(count('Answers of the API of status 500 and above.')),
  ApiTime: time('Time the API took to answer, without calls with `?sync=true`.'),

  SyncWaitsRefused: inLog(
    count('Calls with `?sync=true` that were answered at once because their share of waits was used up.'),
  ),
  RequestsRefused: inLog(
    count('Requests refused because their account had used up its share, by the shared resource.'),
  ),

  BudgetThresholds: inLog(count('Budgets and balances of which half, four fifths or all is used, each once.')),
  BudgetsUsedUp: rare(count('Budgets and balances that are used up, or refused a task.')),

  EventsRecorded: inLog(count('Events fanned out to the lanes of their receivers.')),
  DeliveriesAttempted: count('Calls of webhooks.'),
  DeliveriesFailed: rare(count('Calls of webhooks that failed, by where they broke.', 'code')),
  DeliveriesSucceeded: inLog(count('Webhooks that their receiver accepted.')),
  DeliveriesExhausted: rare(count('Webhooks that the relay will not send again on its own.')),
  DeliveryLag: time('From an event to the first call of its webhook.'),
  DeliveryTime: inLog(time('From an event to the receipt of its webhook, retries included.')),
  DeliveryCallTime: inLog(time('Time one call of a webhook took.')),
  LanePauses: inLog(count('Pauses of receivers that are in trouble.')),
  LanesDeferred: inLog(count('Receivers postponed because slow ones of their account hold all the runs it may have.')),
  EndpointsDisabled: rare(count('Endpoints disabled by a 410 or by five days of failures.')),
  OldestUndelivered: lateness(
    'Age of the event that has waited the longest for its webhook, whatever state its receiver is in.',
  ),

  OutputsKept: rare(count('Outputs that were put into the bucket.')),
  OutputsBytes: inLog(count('Their bytes.')),
  OutputsFailed: rare(count('Tries to keep an output that failed, by their cause.', 'code')),
  OutputsLost: rare(count('Outputs that were given up.')),
  KeepLag: inLog(time('From the end of a task until its last output was kept.')),
  OldestUnkept: lateness(
    'Age of outputs that are not kept yet: after each failed try, and by the sweep where no try is made in time.',
  ),
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof definitions;

export const metricDefinitions: Readonly<Record<MetricName, MetricDefinition>> = definitions;

/** One line: values that share their dimensions. */
export interface MetricLine {
  readonly values: Readonly<Partial<Record<MetricName, number>>>;
  /** Closed set: a key of the error catalogue, a cause of a failed delivery, `cancelled`, or `other`. */
  readonly code?: string | undefined;
  readonly model?: string | undefined;
  /** Ids and the like, searchable in the logs, never a dimension. */
  readonly properties?: Readonly<Record<string, string | number | boolean>> | undefined;
}
