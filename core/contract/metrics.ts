// Every metric: its name, unit, dimensions, and whether it is worth a series. Functions emit by these names, alarms and
// widgets read them, the documentation lists them with their meanings (metric-meanings.ts), which no function loads.
// Ids are properties of a line, never dimensions: a series per id would cost a fortune.

export const METRIC_NAMESPACE = 'Get3wRelay';

type MetricUnit = 'Count' | 'Milliseconds' | 'Seconds' | 'None';

/** Extra dimension beside `service`; a metric is emitted once without any and once with each dimension it names. */
export type MetricDimension = 'code' | 'model';

export interface MetricDefinition {
  readonly unit: MetricUnit;
  readonly dimensions: readonly MetricDimension[];
  /** `log`: no series, because a series is paid by the month; the value is in its log line, where queries find it. */
  readonly kept: 'series' | 'log';
  /** Whether there is a series by service alone; without it the total is the sum over the other dimension. */
  readonly hasTotal: boolean;
  /** `silent`: a zero emits no datapoint, so that an idle relay pays for no series. Absent means 0. */
  readonly zero: 'reported' | 'silent';
  /** `rarely`: only when something unusual happens. A series is paid for the hours in which it reports. */
  readonly reports: 'usually' | 'rarely';
}

function measure(unit: MetricUnit, dimensions: readonly MetricDimension[] = []): MetricDefinition {
  return {
    unit,
    dimensions,
    kept: 'series',
    hasTotal: true,
    zero: 'reported',
    reports: 'usually',
  };
}

function count(...dimensions: MetricDimension[]) {
  return measure('Count', dimensions);
}

function time(...dimensions: MetricDimension[]) {
  return measure('Milliseconds', dimensions);
}

function lateness() {
  return rare(measure('Seconds'));
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
  TasksAccepted: count(),
  TasksEnded: count('code', 'model'),
  TasksFailed: inLog(count()),
  TasksLost: rare(count('model')),
  EndToEndTime: time('model'),
  QueueWait: time(),
  AttemptsPerTask: inLog(count()),

  AttemptsStarted: inLog(count()),
  AttemptsEnded: count(),
  AttemptsFailed: count('code'),
  RetriesScheduled: withoutTotal(count('code')),
  BackoffGiven: inLog(time()),
  ProviderWorkTime: time(),
  DoubtsEntered: rare(count('code')),
  UnusedSuccesses: rare(count()),
  Spend: silentAtZero(measure('None', ['model'])),
  OutcomesIgnored: inLog(count()),
  CallbacksForged: rare(count()),

  SlotsInUse: count(),
  SlotsLimit: count(),
  TasksWaiting: silentAtZero(count()),
  GatePause: rare(measure('None')),
  SlotsMiscounted: rare(count()),
  CircuitsOpen: rare(count()),

  SweepRuns: count(),
  SweepRepairs: rare(count()),
  OverdueAge: lateness(),
  DoorbellsFailed: inLog(count()),
  TasksDamaged: rare(count()),
  BatchFailures: rare(count()),

  ApiAnswers: withoutTotal(count('code')),
  ApiErrors: inLog(count()),
  ApiTime: time(),

  SyncWaitsRefused: inLog(count()),
  RequestsRefused: inLog(count()),

  BudgetThresholds: inLog(count()),
  BudgetsUsedUp: rare(count()),

  EventsRecorded: inLog(count()),
  DeliveriesAttempted: count(),
  DeliveriesFailed: rare(count('code')),
  DeliveriesSucceeded: inLog(count()),
  DeliveriesExhausted: rare(count()),
  DeliveryLag: time(),
  DeliveryTime: inLog(time()),
  DeliveryCallTime: inLog(time()),
  LanePauses: inLog(count()),
  LanesDeferred: inLog(count()),
  EndpointsDisabled: rare(count()),
  OldestUndelivered: lateness(),

  OutputsKept: rare(count()),
  OutputsBytes: inLog(count()),
  OutputsFailed: rare(count('code')),
  OutputsLost: rare(count()),
  KeepLag: inLog(time()),
  OldestUnkept: lateness(),
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
