// What each metric means, for the documentation. The meanings stand apart from the definitions (metrics.ts), which every
// function loads at its start: it need not load these.
import type { MetricName } from './metrics.ts';

export const metricMeanings: Readonly<Record<MetricName, string>> = {
  TasksAccepted: 'Tasks that the API accepted.',
  TasksEnded: 'Tasks that ended, by task code; `cancelled` for those cancelled.',
  TasksFailed: 'Tasks that ended as failed, whatever the cause.',
  TasksLost: 'Tasks that failed although their requests were valid.',
  EndToEndTime: 'From submit to end, without tasks that were put back.',
  QueueWait: 'From submit to the first attempt, without tasks that were put back.',
  AttemptsPerTask: 'Attempts that an ended task had used.',

  AttemptsStarted: 'Attempts that were claimed, to be submitted to Get3W.',
  AttemptsEnded: 'Attempts that were closed, with any outcome.',
  AttemptsFailed: 'Attempts that ended with an error, by its code.',
  RetriesScheduled: 'Attempts that will be made again after a backoff, by the error.',
  BackoffGiven: 'Delay given before the next attempt.',
  ProviderWorkTime: 'From submit at Get3W to the outcome of the attempt: its latency.',
  DoubtsEntered: 'Submits whose answer was lost.',
  UnusedSuccesses: 'Successes that no task could use: probably paid for twice.',
  Spend: 'What successful attempts cost, by the price table; in US dollars.',
  OutcomesIgnored: 'Callbacks and polls that were stale, duplicated or foreign.',
  CallbacksForged: 'Callbacks with a token that the relay never issued.',

  SlotsInUse: 'Slots of the gate in use: attempts in flight.',
  SlotsLimit: 'Slots of the gate in total, as configured or learned.',
  TasksWaiting: 'Tasks that wait for a slot.',
  GatePause:
    'Why the gate lets no task through: 1 it waits after a 429, 2 an operator paused it, 3 Get3W refuses the account.',
  SlotsMiscounted:
    'Slots that the gate counts and no task holds, or that tasks hold beyond its count; looked for once an hour.',
  CircuitsOpen: 'Models whose circuit is not closed.',

  SweepRuns: 'Runs of the sweep: its heartbeat.',
  SweepRepairs: 'Doorbells that the sweep sent again because one was lost.',
  OverdueAge: 'How long the most overdue row had been overdue when the sweep found it.',
  DoorbellsFailed: 'Doorbells that could not be sent; the sweep sends them.',
  TasksDamaged: 'Damaged task rows, each once an hour, and decisions refused because they would have written one.',
  BatchFailures: 'Messages returned to their queue because the relay failed.',

  ApiAnswers: 'Answers of the API, by HTTP status.',
  ApiErrors: 'Answers of the API of status 500 and above.',
  ApiTime: 'Time the API took to answer, without calls with `?sync=true`.',

  SyncWaitsRefused: 'Calls with `?sync=true` that were answered at once because their share of waits was used up.',
  RequestsRefused: 'Requests refused because their account had used up its share, by the shared resource.',

  BudgetThresholds: 'Budgets and balances of which half, four fifths or all is used, each once.',
  BudgetsUsedUp: 'Budgets and balances that are used up, or refused a task.',

  EventsRecorded: 'Events fanned out to the lanes of their receivers.',
  DeliveriesAttempted: 'Calls of webhooks.',
  DeliveriesFailed: 'Calls of webhooks that failed, by where they broke.',
  DeliveriesSucceeded: 'Webhooks that their receiver accepted.',
  DeliveriesExhausted: 'Webhooks that the relay will not send again on its own.',
  DeliveryLag: 'From an event to the first call of its webhook.',
  DeliveryTime: 'From an event to the receipt of its webhook, retries included.',
  DeliveryCallTime: 'Time one call of a webhook took.',
  LanePauses: 'Pauses of receivers that are in trouble.',
  LanesDeferred: 'Receivers postponed because slow ones of their account hold all the runs it may have.',
  EndpointsDisabled: 'Endpoints disabled by a 410 or by five days of failures.',
  OldestUndelivered: 'Age of the event that has waited the longest for its webhook, whatever state its receiver is in.',

  OutputsKept: 'Outputs that were put into the bucket.',
  OutputsBytes: 'Their bytes.',
  OutputsFailed: 'Tries to keep an output that failed, by their cause.',
  OutputsLost: 'Outputs that were given up.',
  KeepLag: 'From the end of a task until its last output was kept.',
  OldestUnkept:
    'Age of outputs that are not kept yet: after each failed try, and by the sweep where no try is made in time.',
};
