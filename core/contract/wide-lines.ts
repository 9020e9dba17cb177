// The wide lines of the log: one for each answered request, one for each attempt at Get3W that ended, one for each call
// of a webhook. Their fields by name and meaning, as functions write them, saved queries read them and the
// documentation lists them. adapters/json-log.ts decides which texts a line may contain at all.
import { lineMessages } from './line-messages.ts';

const requestFields = {
  requestId: 'Id that API Gateway gave the call.',
  correlationId:
    'Id that the client gave it (`X-Request-Id`, or the trace id of `traceparent`); absent where it gave none.',
  accountId: 'Account of the key, once it is known.',
  taskId: 'Task that the call is about, if any.',
  model: 'Model that a submit asks for.',
  attempt: 'Attempt that a callback of Get3W is about.',
  method: 'HTTP method, where no route took the call: a route begins with its own.',
  route: 'Route as the stack names it; never the path, which may hold a secret.',
  status: 'HTTP status of the answer.',
  bodyBytes: 'Size of the request’s body.',
  tookMs: 'From the start of the function’s work to the answer.',
  isReplay: 'Whether an `Idempotency-Key` found the task of an earlier call.',
} as const;

const attemptFields = {
  taskId: 'Task that the attempt belongs to.',
  correlationId: 'Correlation id of the call that submitted the task.',
  accountId: 'Its account.',
  model: '`vendor/model/task`.',
  attempt: 'Number of the attempt, 1 for the first.',
  upstreamId: 'Id of the task at Get3W, once known.',
  outcome: '`completed`, `failed`, `refused`, or `abandoned` when no outcome came.',
  code: 'Key of the error catalogue, `task-0` for success.',
  next: 'State of the task afterwards: `backoff`, `waiting`, `completed`, `failed`, `cancelled`.',
  waitMs: 'From when it could have started (submit, or the end of its backoff) to its POST: queue and gate.',
  answerMs: 'From its POST to Get3W’s answer, whether accepted or refused.',
  workMs: 'From Get3W’s acceptance to the outcome.',
  tookMs: 'From its POST to its end.',
  sinceSubmitMs: 'From the submit of the task to the end of the attempt.',
  backoffMs: 'Backoff after it, if there will be another attempt.',
  failures: 'Failures that count against the task so far.',
  polls: 'Polls that were made for it.',
  doubt: 'Where its answer was lost: `found`, `refused`, `resubmitted`, `given-up`, or `open`.',
  doubtMs: 'How long it was in doubt.',
  gateId: 'Gate that it went through, where it failed.',
  slot: '`retry` where its slot was one of those for retries.',
  rank: 'Slots in use when it got its own, including its own.',
  isCircuitProbe: 'Whether it tried a model whose circuit was not closed.',
  isAccountProbe: 'Whether it tried an account that Get3W had refused.',
  isLate: 'Whether its outcome came after it had been written off.',
  isUnusedSuccess: 'Whether it succeeded for a task that could not use it: probably paid for nothing.',
} as const;

const webhookFields = {
  taskId: 'Task that the event is about, if any.',
  accountId: 'Account that the webhook is for.',
  eventId: 'Id of the event, the same in every call: the `webhook-id` that the receiver sees.',
  deliveryId: 'Its delivery to this receiver, where the call failed.',
  laneId: 'The receiver: an endpoint’s id, or a digest of a host.',
  type: 'Type of the event.',
  attempt: 'Number of the call, 1 for the first.',
  replay: 'Number of the replay that the call belongs to.',
  outcome: '`delivered` or `failed`.',
  code: 'Where the call broke, such as `webhook-timeout` or `webhook-5xx`; `webhook-ok` for success.',
  status: 'HTTP status of the receiver, if it answered.',
  lagMs: 'From the event to the call.',
  tookMs: 'Time the call took.',
} as const;

interface WideLineDefinition {
  /** The line's `message`; queries find it by this. */
  readonly message: string;
  /** Which moment it is written at. */
  readonly meaning: string;
  /** Meaning of each field, by name. A field without a value is absent from the line. */
  readonly fields: Readonly<Record<string, string>>;
}

export const wideLines = {
  request: {
    message: lineMessages.request,
    meaning: 'A request of the API, of monitoring, or a callback of Get3W was answered.',
    fields: requestFields,
  },
  attempt: {
    message: lineMessages.attempt,
    meaning: 'An attempt at Get3W ended, or the outcome of one came after it had been written off.',
    fields: attemptFields,
  },
  webhook: {
    message: lineMessages.webhook,
    meaning: 'A webhook was called, with any result.',
    fields: webhookFields,
  },
} as const satisfies Record<string, WideLineDefinition>;

/** The line of one kind: exactly its fields, by name. */
export type WideLine<Kind extends keyof typeof wideLines> = {
  readonly [Field in keyof (typeof wideLines)[Kind]['fields']]?: string | number | boolean | undefined;
};
