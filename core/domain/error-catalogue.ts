// The one table of everything that can go wrong between the relay and Get3W, and what the relay does about it.
// Retry, metrics, alarms, documentation and the simulator read it; no other code lists error codes.
// Numbers (attempts, delays) are in the settings, which name their policies by `key`.
// Source of the documented rows: Get3W's error page, its two tables of HTTP errors and task errors.

/** Where an error shows itself: in the HTTP answer, in the finished task, or in the connection itself. */
export type ErrorLevel = 'http' | 'task' | 'transport';

/**
 * What the relay does when it meets the error.
 * - `none`: nothing is wrong.
 * - `end`: the request is at fault, the task ends at once.
 * - `retry`: no task was created, or it failed for a passing reason; submit again after a backoff.
 * - `hold-account`: the account is at fault; keep every task and pause the gate until a probe succeeds.
 * - `doubt`: a task may have been created and paid for; hold the attempt until the doubt is over.
 */
type Reaction = 'none' | 'end' | 'retry' | 'hold-account' | 'doubt';

/**
 * Whose fault it is, which decides what learns from it: a model's circuit from `provider`, the gate's limit from
 * `limit`, the account's pause from `account`. `relay`: the relay itself stopped; nothing else learns from that.
 */
type Attribution = 'nobody' | 'request' | 'account' | 'limit' | 'provider' | 'relay';

export interface ErrorEntry {
  /** Stable key, also the value of the `code` dimension of every metric: `http-429`, `task-5003`, `transport-reset`. */
  readonly key: string;
  readonly level: ErrorLevel;
  /** HTTP status, task code, or, for a broken connection, its name. */
  readonly code: number | string;
  readonly name: string;
  /** True where Get3W's page advises another try, or where the connection, not the request, failed. */
  readonly transient: boolean;
  /** False for errors that Get3W does not document but gateways and networks produce. */
  readonly documented: boolean;
  /** The texts that Get3W answers with, word for word; the first is the usual one. */
  readonly texts: readonly string[];
  readonly sentence: string;
  readonly reaction: Reaction;
  readonly attributedTo: Attribution;
  /** Task code of a task that this error ends. Get3W's own for task errors. */
  readonly finalCode: number;
}

type Row = Omit<ErrorEntry, 'key'>;

function documentedHttp(row: Omit<Row, 'level' | 'documented'>): Row {
  return { level: 'http', documented: true, ...row };
}

function gatewayHttp(code: number, name: string): Row {
  return {
    level: 'http',
    documented: false,
    code,
    name,
    transient: true,
    texts: [],
    sentence: 'A gateway before Get3W answered; the task may or may not have been created.',
    reaction: 'doubt',
    attributedTo: 'provider',
    finalCode: 5003,
  };
}

function documentedTask(
  code: number,
  name: string,
  transient: boolean,
  sentence: string,
  texts: readonly string[] = [name],
): Row {
  return {
    level: 'task',
    documented: true,
    code,
    name,
    transient,
    texts,
    sentence,
    reaction: code === 0 ? 'none' : transient ? 'retry' : 'end',
    attributedTo: code === 0 ? 'nobody' : transient ? 'provider' : 'request',
    finalCode: code,
  };
}

function transport(code: string, name: string, sentence: string): Row {
  return {
    level: 'transport',
    documented: false,
    code,
    name,
    transient: true,
    texts: [],
    sentence,
    reaction: 'doubt',
    attributedTo: code === 'lease-lost' ? 'relay' : 'provider',
    finalCode: 5004,
  };
}

const rows: readonly Row[] = [
  documentedHttp({
    code: 200,
    name: 'OK',
    transient: false,
    texts: [],
    sentence: 'Get3W accepted the request.',
    reaction: 'none',
    attributedTo: 'nobody',
    finalCode: 0,
  }),
  documentedHttp({
    code: 400,
    name: 'Bad Request',
    transient: false,
    texts: ['Invalid parameters'],
    sentence: 'A required field is missing or has the wrong type.',
    reaction: 'end',
    attributedTo: 'request',
    finalCode: 1401,
  }),
  documentedHttp({
    code: 401,
    name: 'Unauthorized',
    transient: false,
    texts: [
      'Missing Authorization header',
      'Invalid Authorization format, expected: Bearer <api_key>',
      'Invalid or revoked API key',
    ],
    sentence: 'The provider key is missing, malformed or revoked.',
    reaction: 'hold-account',
    attributedTo: 'account',
    finalCode: 5003,
  }),
  documentedHttp({
    code: 403,
    name: 'Forbidden',
    transient: false,
    texts: ['Insufficient balance'],
    sentence: 'The balance of the Get3W account is zero.',
    reaction: 'hold-account',
    attributedTo: 'account',
    finalCode: 5003,
  }),
  documentedHttp({
    code: 404,
    name: 'Not Found',
    transient: false,
    texts: ['Not found'],
    sentence: 'The endpoint, the model or the task does not exist.',
    reaction: 'end',
    attributedTo: 'request',
    finalCode: 1401,
  }),
  documentedHttp({
    code: 429,
    name: 'Too Many Requests',
    transient: true,
    texts: ['Rate limit exceeded'],
    sentence: "More tasks ran at once than the account's tier allows.",
    reaction: 'retry',
    attributedTo: 'limit',
    finalCode: 5003,
  }),
  documentedHttp({
    code: 500,
    name: 'Internal Server Error',
    transient: true,
    texts: ['Server error'],
    sentence: 'Get3W itself reported an unexpected error; no task was created.',
    reaction: 'retry',
    attributedTo: 'provider',
    finalCode: 5000,
  }),
  gatewayHttp(502, 'Bad Gateway'),
  gatewayHttp(503, 'Service Unavailable'),
  gatewayHttp(504, 'Gateway Timeout'),
  documentedTask(0, 'Success', false, 'The task completed.'),
  documentedTask(1200, 'Content Moderation', false, 'The prompt or an input was flagged by content moderation.', [
    'Content moderation: prompt contains prohibited content',
  ]),
  documentedTask(1400, 'Missing Parameter', false, 'A required parameter was not given.'),
  documentedTask(1401, 'Invalid Parameter', false, 'A parameter is invalid or out of range.'),
  documentedTask(1402, 'Media Access Failed', false, 'A media address could not be downloaded or read.'),
  documentedTask(1403, 'Task Execution Failed', false, 'The task met an error while it ran.'),
  documentedTask(1405, 'Task Failed', false, 'The task failed without a narrower reason.'),
  documentedTask(5000, 'Internal Error', true, 'An internal error of Get3W ended the task.'),
  documentedTask(5003, 'Service Unavailable', true, 'The model behind Get3W is unavailable for the moment.'),
  documentedTask(5004, 'Timeout', true, 'The model behind Get3W did not answer in time.'),
  transport('reset', 'Connection Lost', 'The connection broke before the answer came.'),
  transport('timeout', 'No Answer', 'No answer came within the time a submit may take.'),
  transport('unreadable', 'Unreadable Answer', 'The answer was not one that Get3W documents.'),
  {
    ...transport('unreachable', 'Not Connected', 'No connection to Get3W could be made; nothing was sent.'),
    reaction: 'retry',
    finalCode: 5003,
  },
  transport('lease-lost', 'Submit Interrupted', 'The relay stopped between sending and recording the answer.'),
];

/** Dimension value for an error outside the catalogue, so that the set of codes stays closed. */
export const OTHER_KEY = 'other';

export function errorKey(level: ErrorLevel, code: number | string): string {
  return `${level}-${code}`;
}

export const errorCatalogue: readonly ErrorEntry[] = rows.map((row) => ({
  key: errorKey(row.level, row.code),
  ...row,
}));

const byKey = new Map(errorCatalogue.map((entry) => [entry.key, entry]));

export function findError(level: ErrorLevel, code: number | string): ErrorEntry | undefined {
  return byKey.get(errorKey(level, code));
}

/** The dimension value of an error, from a closed set: its own key, or `other`. */
export function metricCode(level: ErrorLevel, code: number | string): string {
  const key = errorKey(level, code);
  return byKey.has(key) ? key : OTHER_KEY;
}

/** Task codes that end a task although its request was in order: at another time it would have succeeded. */
export const lostTaskCodes: ReadonlySet<number> = new Set(
  errorCatalogue.filter(({ reaction }) => reaction !== 'end' && reaction !== 'none').map(({ finalCode }) => finalCode),
);

/** Task codes by meaning, for the places that must produce one rather than pass one on. */
export const taskCodes = {
  success: 0,
  invalidParameter: 1401,
  taskFailed: 1405,
  internalError: 5000,
  unavailable: 5003,
  timeout: 5004,
} as const;

/**
 * The texts of Get3W's table for one HTTP status; the first is the default one.
 * @throws Error for a status that Get3W does not document: a bug of the caller.
 */
export function httpErrorText(status: number, index = 0): string {
  const text = findError('http', status)?.texts[index];
  if (text === undefined) throw new Error(`no documented text ${index} for HTTP status ${status}`);
  return text;
}

interface OwnRefusal {
  readonly status: number;
  readonly text: string;
}

/**
 * What the relay refuses for reasons that Get3W's table has no text for: statuses that it lacks, and a key's scope.
 * For every other refusal `error` is Get3W's own text, and the reason stands in `details`. When each is answered stands in
 * docs/errors.md alone: functions need not load it.
 */
export const ownRefusals = {
  missingScope: {
    status: 403,
    text: 'Missing scope',
  },
  methodNotAllowed: {
    status: 405,
    text: 'Method not allowed',
  },
  idempotencyKeyReused: {
    status: 409,
    text: 'Idempotency-Key was used with another request',
  },
  taskEnded: {
    status: 409,
    text: 'The task has already ended',
  },
  taskDamaged: {
    status: 409,
    text: "The relay's record of the task is damaged",
  },
  taskUnfinished: {
    status: 409,
    text: 'The task has not ended',
  },
  taskNotFailed: {
    status: 409,
    text: 'Only a failed task can be put back',
  },
  endpointUnusable: {
    status: 409,
    text: 'The endpoint cannot be called',
  },
  tooMany: {
    status: 409,
    text: 'Too many',
  },
  alarmNotOn: {
    status: 409,
    text: 'The alarm is not on',
  },
  changedByOthers: {
    status: 409,
    text: 'Changed by others',
  },
  ownAccount: {
    status: 409,
    text: 'Not for your own account',
  },
  lastOperator: {
    status: 409,
    text: 'Not for the last operator',
  },
  gone: {
    status: 410,
    text: 'Gone',
  },
  tooLarge: {
    status: 413,
    text: 'Payload Too Large',
  },
  unsupportedMediaType: {
    status: 415,
    text: 'Unsupported Media Type',
  },
  cloudWatchLate: {
    status: 504,
    text: 'CloudWatch did not answer in time',
  },
} as const satisfies Record<string, OwnRefusal>;

export type OwnRefusalName = keyof typeof ownRefusals;
