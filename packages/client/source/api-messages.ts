// The messages of the relay: what calls take and answer, and what webhooks bring. Made from docs/openapi.json by
// `npm run docs:api`, never changed by hand. Answers may have more fields than these in any release.

/** What a submit answers at once. */
export interface AcceptedTask {
  readonly id: string;
  readonly status: 'created';
  /** Seconds until the task ends, as far as the gate can tell; a hint. */
  readonly estimated_duration: number;
}

/** An account: what it may do, and what it has. */
export interface Account {
  readonly id: string;
  readonly name: string;
  readonly is_operator: boolean;
  readonly suspended_at: string | null;
  readonly created_at: string;
  /** In force: the account's own, else those of the relay. */
  readonly limits: {
    /** Null for no limit. */
    readonly unfinished_tasks: number | null;
    /** Null for no limit. */
    readonly requests_per_second: number | null;
    /** Calls that may wait with `?sync=true` at once. */
    readonly sync_waits: number;
    readonly endpoints: number;
    readonly keys: number;
    /** Its share of the slots at Get3W relative to other accounts that wait. */
    readonly weight: number;
  };
  /** What an operator has set for the account itself; null where the limit of the relay is in force. */
  readonly own_limits: {
    readonly unfinished_tasks: number | null;
    readonly requests_per_second: number | null;
    readonly sync_waits: number | null;
    readonly endpoints: number | null;
    readonly keep: 'no' | 'yes' | 'before-webhook' | null;
  };
  /** Null without a balance and budgets. */
  readonly money: {
    /** Null where none is kept. */
    readonly balance_micros: number | null;
    readonly day_budget_micros: number | null;
    /** Of this UTC day, with what is reserved. */
    readonly day_spent_micros: number;
    readonly month_budget_micros: number | null;
    readonly month_spent_micros: number;
  } | null;
  /** What happens to the outputs of a task whose submit has no `keep`: in force, as the limits. */
  readonly keep: 'no' | 'yes' | 'before-webhook';
  readonly use: {
    /** Null for an account without a limit of its own: the relay counts only those of its tasks that wait. */
    readonly unfinished_tasks: number | null;
    /** Tasks that wait for a slot. */
    readonly waiting_tasks: number;
    readonly waiting: readonly {
      readonly model: string;
      readonly kind: 'fresh' | 'retry';
      readonly tasks: number;
    }[];
    readonly endpoints: number;
    /** Those that are good. */
    readonly keys: number;
    /** Ends of this UTC day and the six before it, and what they cost. `GET /v1/spend` has longer ranges. */
    readonly recent: {
      readonly from: string;
      readonly to: string;
      /** Ends up to here are counted, most often up to ten seconds ago. */
      readonly reaches: string;
      /** False when it has too many rows: the oldest are left out. */
      readonly is_whole: boolean;
      readonly by_day: readonly {
        readonly day: string;
        /** Ends of tasks; a task that is put back ends again. */
        readonly ends: number;
        readonly charged_micros: number;
        /** Held for ended tasks of which nothing shows whether Get3W did the work. */
        readonly in_doubt_micros: number;
        readonly given_back_micros: number;
      }[];
      /** The most used first, 100 at most. */
      readonly by_model: readonly {
        readonly model: string;
        /** Ends of tasks; a task that is put back ends again. */
        readonly ends: number;
        readonly charged_micros: number;
        /** Held for ended tasks of which nothing shows whether Get3W did the work. */
        readonly in_doubt_micros: number;
        readonly given_back_micros: number;
      }[];
      readonly by_code: readonly {
        /** Task code of the end, or `cancelled`. */
        readonly code: string;
        /** Ends of tasks; a task that is put back ends again. */
        readonly ends: number;
        readonly charged_micros: number;
        /** Held for ended tasks of which nothing shows whether Get3W did the work. */
        readonly in_doubt_micros: number;
        readonly given_back_micros: number;
      }[];
    };
  };
}

/** What is to change of an account: one field at least. Null removes a bound of the account's own, so that the relay's applies. */
export interface AccountChange {
  readonly unfinished_tasks?: number | null;
  readonly requests_per_second?: number | null;
  readonly sync_waits?: number | null;
  readonly endpoints?: number | null;
  readonly weight?: number;
  readonly keep?: 'no' | 'yes' | 'before-webhook' | null;
  /** Sets the balance, whatever was spent meanwhile; null keeps none. */
  readonly balance_micros?: number | null;
  /** Adds to the balance, in place of `balance_micros`; sent twice, it adds twice, unless both have the same `Idempotency-Key`. */
  readonly add_micros?: number;
  readonly day_budget_micros?: number | null;
  readonly month_budget_micros?: number | null;
  /** Why, for the audit log. */
  readonly reason?: string | null;
}

/** Accounts, oldest first. */
export interface AccountList {
  readonly data: readonly ListedAccount[];
  /** Where the list continues; null at its end. A page may be shorter than its `limit`. */
  readonly next_cursor: string | null;
}

/** Which alarm you are at. */
export interface Acknowledge {
  /** As the list of alarms has it, without the name of the relay. */
  readonly name: string;
  /** What you do about it: shown beside the alarm, and kept in the audit log. */
  readonly reason?: string | null;
}

/** One alarm of the relay. */
export interface Alarm {
  readonly name: string;
  readonly state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
  readonly reason: string;
  readonly since: string | null;
  readonly severity: string | null;
  readonly meaning: string;
  /** The anchor of its section in the runbook. */
  readonly runbook: string;
  /** Null for an alarm over other alarms. */
  readonly condition: {
    readonly comparison: '>' | '>=' | '<' | '<=';
    readonly threshold: number;
    readonly breaching: number;
    readonly periods: number;
    /** Seconds. */
    readonly period: number | null;
    /** The least count of a metric in a period from which the alarm judges it. */
    readonly floor: {
      readonly metric: string;
      readonly count: number;
    } | null;
    readonly metrics: readonly {
      readonly name: string;
      readonly dimensions: {
        readonly [name: string]: string;
      };
    }[];
  } | null;
  readonly codes: readonly string[];
  /** Who is at it, by the name of the key or its account; over when the alarm is. */
  readonly acknowledged: {
    readonly by: string;
    readonly at: string;
    readonly reason: string | null;
  } | null;
}

/** When alarms of the relay went on and off. */
export interface AlarmHistory {
  readonly from: string;
  readonly to: string;
  /** Every change from here on is in the answer: later than `from` where there were too many, or CloudWatch took too long. */
  readonly complete_from: string;
  /** The latest first. */
  readonly changes: readonly {
    readonly name: string;
    readonly at: string;
    readonly previous: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
    readonly state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
    readonly reason: string;
  }[];
}

/** Every alarm of the relay, those that fire first. */
export interface Alarms {
  readonly alarms: readonly Alarm[];
}

/** Which dead letters are sent back. */
export interface AskedRedrive {
  readonly queue: 'dispatch' | 'settle' | 'deliver' | 'keep' | 'jobs' | 'all';
  /** Why, for the audit log. */
  readonly reason?: string | null;
}

/** One submit of the task to Get3W. */
export interface Attempt {
  /** 1 for the first. */
  readonly attempt: number;
  readonly status: 'submitting' | 'in_doubt' | 'running' | 'completed' | 'failed' | 'refused' | 'abandoned';
  /** Get3W's id of the task, once it is known. */
  readonly request_id: string | null;
  /** Where the error showed itself; null without one. */
  readonly level: 'http' | 'task' | 'transport' | null;
  /** HTTP status, task code or the name of a transport error; 0 for success, null while open. */
  readonly code: number | string | null;
  readonly error: string | null;
  readonly started_at: string;
  readonly accepted_at: string | null;
  readonly ended_at: string | null;
  /** Milliseconds of backoff after this attempt. */
  readonly delay_ms: number | null;
  /** Present where the answer of this attempt was lost. */
  readonly doubt?: {
    readonly reason: string;
    readonly since: string;
    /** How the doubt ended; null while it lasts. */
    readonly resolution: string | null;
  };
  /** Present where it succeeded without being the success that the task ended with. */
  readonly unused_success?: true;
}

/** One act: who did what, on what, why and when. */
export interface AuditEntry {
  readonly id: string;
  readonly at: string;
  readonly actor: {
    readonly kind: 'key' | 'command-line';
    /** Account of the key. */
    readonly account: string | null;
    readonly key_id: string | null;
    readonly key_hint: string | null;
    readonly key_name: string | null;
    /** User and machine at the command line. */
    readonly principal: string | null;
  };
  readonly action:
    | 'account.create'
    | 'account.change'
    | 'account.suspend'
    | 'account.resume'
    | 'account.delete'
    | 'account.rotate-secret'
    | 'key.create'
    | 'key.revoke'
    | 'gate.pause'
    | 'gate.resume'
    | 'gate.recount'
    | 'task.cancel'
    | 'task.retry'
    | 'task.end'
    | 'task.erase'
    | 'task.keep'
    | 'delivery.replay'
    | 'endpoint.create'
    | 'endpoint.change'
    | 'endpoint.delete'
    | 'endpoint.rotate-secret'
    | 'endpoint.test'
    | 'endpoint.recover'
    | 'job.create'
    | 'job.stop'
    | 'failures.mute'
    | 'failures.unmute'
    | 'alarm.acknowledge'
    | 'dead-letters.redrive'
    | 'secret.set';
  /** Id of what it was done to. */
  readonly target: string | null;
  /** Whose the target is, where that is known. */
  readonly account: string | null;
  /** New values of an account’s change, by the fields of AccountChange, `name` and `is_operator`; null for every other act. */
  readonly changes: {
    readonly [name: string]: number | string | boolean | null;
  } | null;
  readonly reason: string | null;
  /** `begun` where the relay died within the act; `unchanged` where it was so already, `partly` where some of it was left undone; after `failed` it may have happened. */
  readonly outcome: 'begun' | 'done' | 'unchanged' | 'partly' | 'refused' | 'failed';
  /** Why it was refused, what was left undone, or the kind of the fault. */
  readonly error: string | null;
}

/** Entries of the audit log, newest first. */
export interface AuditList {
  readonly data: readonly AuditEntry[];
  /** Where the list continues; null at its end. A page may be shorter than its `limit`. */
  readonly next_cursor: string | null;
}

/** The endpoint, and its secret, which no other answer shows. */
export interface CreatedEndpoint {
  /** The account whose it is; only in answers to operators' keys. */
  readonly account?: string;
  readonly id: string;
  readonly url: string;
  readonly description: string | null;
  readonly events:
    | readonly (
        | 'task.completed'
        | 'task.failed'
        | 'task.cancelled'
        | 'task.outputs-kept'
        | 'task.outputs-lost'
        | 'endpoint.disabled'
        | 'delivery.exhausted'
        | 'budget.threshold'
      )[]
    | null;
  readonly rate_limit: number | null;
  readonly headers: {
    readonly [name: string]: string;
  };
  readonly shape: 'event' | 'get3w';
  readonly signatures: readonly ('v1' | 'v1a')[];
  /** The key that verifies v1a signatures. */
  readonly public_key: string | null;
  /** Those in force, newest first. */
  readonly secrets: readonly {
    readonly scheme: 'v1' | 'v1a';
    readonly created_at: string;
    readonly retires_at: string | null;
  }[];
  readonly disabled: boolean;
  readonly disabled_at: string | null;
  readonly disabled_reason: 'owner' | 'gone' | 'failing' | null;
  /** Since when every call has failed. */
  readonly failing_since: string | null;
  readonly paused_until: string | null;
  /** Of the event that has waited longest for its delivery. */
  readonly oldest_undelivered_at: string | null;
  /** Deliveries that wait; counting stops at 100. */
  readonly pending: number;
  /** Whether counting stopped there. */
  readonly pending_at_least: boolean;
  /** The last call that was noted: those of a healthy receiver are not. */
  readonly last_answer: {
    readonly at: string;
    readonly http_status: number | null;
    readonly cause: string | null;
  } | null;
  readonly created_at: string;
  readonly updated_at: string;
  /** Shown by this answer only. */
  readonly secret: string;
}

/** The key, and its text, which no other answer shows. */
export interface CreatedKey {
  readonly id: string;
  readonly name: string | null;
  /** First characters of the key. */
  readonly hint: string;
  readonly scopes: readonly ('submit' | 'read' | 'webhooks' | 'operate')[];
  readonly created_at: string;
  /** `key:` and the id of the key that made it, or `cli:` and who ran the command. */
  readonly created_by: string | null;
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
  /** When the hour began in which it was last used: it is kept by the hour. Null for a key that was never used. */
  readonly last_used_at: string | null;
  /** Send it as `Authorization: Bearer <key>`. Its form is `^sk_get3wrelay_[0-9A-Za-z]{55}$`, of which the last six characters are a checksum. */
  readonly key: string;
}

/** A message that the relay itself could not process. What Get3W or a receiver refuses never becomes one. */
export interface DeadLetter {
  readonly message_id: string;
  /** What it asked for; null for a text that no version of the relay sends. */
  readonly kind: 'task' | 'outcome' | 'gate' | 'event' | 'lane' | 'keep' | 'job' | null;
  /** The task that it is about. */
  readonly request_id: string | null;
  readonly attempt: number | null;
  readonly event_id: string | null;
  /** A webhook endpoint's id, or `url_…` for `?webhook=`. */
  readonly lane_id: string | null;
  readonly job_id: string | null;
  readonly account: string | null;
  /** The beginning of a text that no version of the relay sends. */
  readonly unknown_text: string | null;
  /** When it was sent first. */
  readonly sent_at: string;
  /** As SQS counts: each look at it counts too. `cause.receive_count` has the tries alone. */
  readonly receive_count: number;
  /** Why it last failed; null where the function timed out or crashed. */
  readonly cause: {
    readonly name: string;
    readonly code: string | null;
    readonly text: string;
    readonly at: string;
    readonly receive_count: number;
  } | null;
}

/** The dead letters of each queue. */
export interface DeadLetters {
  /** Of all these queues, about: SQS counts up to a minute late. */
  readonly messages: number;
  readonly queues: readonly {
    readonly queue: 'dispatch' | 'settle' | 'deliver' | 'keep' | 'jobs';
    readonly messages: number;
    /** Of these, those that another operator reads or sends back just now. */
    readonly hidden: number;
    /** Of the letters that are shown. */
    readonly oldest_sent_at: string | null;
    /** Oldest first. */
    readonly letters: readonly DeadLetter[];
  }[];
}

/** One event on its way to one receiver. */
export interface Delivery {
  /** The account whose it is; only in answers to operators' keys. */
  readonly account?: string;
  readonly id: string;
  readonly status: 'pending' | 'delivered' | 'exhausted';
  /** Why it is exhausted. */
  readonly reason: 'attempts' | 'gone' | 'too_old' | 'endpoint_deleted' | null;
  readonly event_id: string;
  readonly event_type:
    | 'task.completed'
    | 'task.failed'
    | 'task.cancelled'
    | 'task.outputs-kept'
    | 'task.outputs-lost'
    | 'endpoint.disabled'
    | 'delivery.exhausted'
    | 'budget.threshold';
  /** The task that the event is about. */
  readonly request_id: string | null;
  /** Null for the `?webhook=` of a submit. */
  readonly endpoint_id: string | null;
  readonly receiver: string;
  readonly replays: number;
  readonly attempt_count: number;
  readonly attempts: readonly DeliveryAttempt[];
  readonly next_attempt_at: string | null;
  /** Why it is not called just now, and when it goes on. */
  readonly waits: {
    readonly reason: string;
    readonly until: string | null;
  } | null;
  readonly delivered_at: string | null;
  readonly created_at: string;
  readonly updated_at: string;
}

/** One call of a receiver. */
export interface DeliveryAttempt {
  readonly attempt: number;
  /** 0, or the number of the replay that it belongs to. */
  readonly replay: number;
  readonly started_at: string;
  readonly duration_ms: number;
  readonly http_status: number | null;
  readonly cause: 'dns' | 'address' | 'connect' | 'tls' | 'timeout' | 'connection' | 'status' | null;
  readonly error: string | null;
  /** The start of the answer's body. */
  readonly answer: string | null;
}

/** Deliveries, newest first. */
export interface DeliveryList {
  readonly data: readonly Delivery[];
  /** Where the list continues; null at its end. A page may be shorter than its `limit`. */
  readonly next_cursor: string | null;
}

/** What a submit with `dry_run=true` would do: it is valid, and no task was made. */
export interface DryRun {
  readonly dry_run: true;
  readonly model: string;
  /** Null where the price table knows no price. */
  readonly price_micros: number | null;
  /** Whether balance and budgets cover it now. */
  readonly is_covered: boolean;
  /** Seconds until it would get a slot, as far as the gate can tell. */
  readonly estimated_wait: number;
  /** Seconds until it would end; a hint. */
  readonly estimated_duration: number;
}

/** A task that has ended, as in events and webhooks. */
export interface EndedTask {
  readonly id: string;
  /** `vendor/model/task`. */
  readonly model: string;
  readonly status: 'completed' | 'failed' | 'cancelled';
  /** Task code: 0 for success, null until the task has ended. */
  readonly code: number | null;
  /** Get3W's own outputs, most often addresses; null without them. */
  readonly outputs: unknown;
  readonly error: string | null;
  readonly created_at: string;
  readonly completed_at: string;
  /** Present where the price table knew a price. */
  readonly money?: Money;
  /** Present in events about outputs, and in the end of a task that was held for them. */
  readonly kept_outputs?: readonly KeptOutput[];
}

/** A registered endpoint and its condition. Its secrets are never shown again. */
export interface Endpoint {
  /** The account whose it is; only in answers to operators' keys. */
  readonly account?: string;
  readonly id: string;
  readonly url: string;
  readonly description: string | null;
  readonly events:
    | readonly (
        | 'task.completed'
        | 'task.failed'
        | 'task.cancelled'
        | 'task.outputs-kept'
        | 'task.outputs-lost'
        | 'endpoint.disabled'
        | 'delivery.exhausted'
        | 'budget.threshold'
      )[]
    | null;
  readonly rate_limit: number | null;
  readonly headers: {
    readonly [name: string]: string;
  };
  readonly shape: 'event' | 'get3w';
  readonly signatures: readonly ('v1' | 'v1a')[];
  /** The key that verifies v1a signatures. */
  readonly public_key: string | null;
  /** Those in force, newest first. */
  readonly secrets: readonly {
    readonly scheme: 'v1' | 'v1a';
    readonly created_at: string;
    readonly retires_at: string | null;
  }[];
  readonly disabled: boolean;
  readonly disabled_at: string | null;
  readonly disabled_reason: 'owner' | 'gone' | 'failing' | null;
  /** Since when every call has failed. */
  readonly failing_since: string | null;
  readonly paused_until: string | null;
  /** Of the event that has waited longest for its delivery. */
  readonly oldest_undelivered_at: string | null;
  /** Deliveries that wait; counting stops at 100. */
  readonly pending: number;
  /** Whether counting stopped there. */
  readonly pending_at_least: boolean;
  /** The last call that was noted: those of a healthy receiver are not. */
  readonly last_answer: {
    readonly at: string;
    readonly http_status: number | null;
    readonly cause: string | null;
  } | null;
  readonly created_at: string;
  readonly updated_at: string;
}

/** Changes of an endpoint; an absent field stays unchanged, null removes it. */
export interface EndpointChange {
  /** A public https address. */
  readonly url?: string;
  readonly description?: string | null;
  /** Null for all that the shape can carry. */
  readonly events?:
    | readonly (
        | 'task.completed'
        | 'task.failed'
        | 'task.cancelled'
        | 'task.outputs-kept'
        | 'task.outputs-lost'
        | 'endpoint.disabled'
        | 'delivery.exhausted'
        | 'budget.threshold'
      )[]
    | null;
  /** Calls a second; null for no limit. */
  readonly rate_limit?: number | null;
  /** Sent with every call: 20 and 4,096 bytes at most. */
  readonly headers?: {
    readonly [name: string]: string;
  } | null;
  /** `event`: Standard Webhooks; `get3w`: Get3W's bare task. */
  readonly shape?: 'event' | 'get3w';
  /** `["v1"]` or `["v1", "v1a"]`. */
  readonly signatures?: readonly ('v1' | 'v1a')[];
  readonly disabled?: boolean;
}

/** Endpoints, oldest first; of all accounts, account by account. */
export interface EndpointList {
  readonly data: readonly Endpoint[];
  /** Where the list continues; null at its end. A page may be shorter than its `limit`. */
  readonly next_cursor: string | null;
}

/** The self-test's verdict: calls that a correct receiver accepts, and forged ones that it refuses. */
export interface EndpointTest {
  readonly endpoint_id: string;
  readonly url: string;
  readonly webhook_id: string;
  readonly passed: boolean;
  readonly wrongly_taken: readonly string[];
  readonly wrongly_refused: readonly string[];
  readonly not_answered: readonly string[];
  readonly deliveries: readonly {
    readonly name: string;
    readonly expected: 'taken' | 'refused';
    readonly taken: boolean | null;
    readonly http_status: number | null;
    readonly cause: 'dns' | 'address' | 'connect' | 'tls' | 'timeout' | 'connection' | null;
    readonly duration_ms: number;
    readonly advice: string | null;
  }[];
}

/** What erasing a task answers. */
export interface ErasedTask {
  readonly id: string;
  readonly status: 'erased';
  readonly erased_at: string;
}

/** Every error that the relay itself answers. Match on `code` and `error`; `details` is for a person to read. */
export interface ErrorMessage {
  /** The HTTP status again. */
  readonly code: number;
  /** Get3W's own text for its statuses. */
  readonly error: string;
  /** What is wrong with this very request. May change with any release. */
  readonly details?: string;
}

/** An event of the account, as in a webhook of the event shape, with its id. */
export type Event =
  | {
      /** The account whose it is; only in answers to operators' keys. */
      readonly account?: string;
      readonly id: string;
      readonly type: 'task.completed' | 'task.failed' | 'task.cancelled' | 'task.outputs-kept' | 'task.outputs-lost';
      readonly timestamp: string;
      readonly data: EndedTask;
    }
  | {
      /** The account whose it is; only in answers to operators' keys. */
      readonly account?: string;
      readonly id: string;
      readonly type: 'endpoint.disabled';
      readonly timestamp: string;
      readonly data: {
        readonly endpoint_id: string;
        readonly url: string;
        readonly reason: 'gone' | 'failing';
        readonly disabled_at: string;
        readonly failing_since: string | null;
      };
    }
  | {
      /** The account whose it is; only in answers to operators' keys. */
      readonly account?: string;
      readonly id: string;
      readonly type: 'delivery.exhausted';
      readonly timestamp: string;
      readonly data: {
        readonly delivery_id: string;
        readonly endpoint_id: string | null;
        readonly event_id: string;
        readonly event_type:
          | 'task.completed'
          | 'task.failed'
          | 'task.cancelled'
          | 'task.outputs-kept'
          | 'task.outputs-lost'
          | 'endpoint.disabled'
          | 'delivery.exhausted'
          | 'budget.threshold';
        readonly request_id: string | null;
        readonly reason: 'attempts' | 'gone' | 'too_old' | 'endpoint_deleted' | null;
        readonly attempts: number;
      };
    }
  | {
      /** The account whose it is; only in answers to operators' keys. */
      readonly account?: string;
      readonly id: string;
      readonly type: 'budget.threshold';
      readonly timestamp: string;
      readonly data: {
        readonly budget: 'balance' | 'day' | 'month';
        readonly percent: 50 | 80 | 100;
        /** What reached it: the amount that is spent or reserved, or a task that was refused for it. */
        readonly reason: 'reached' | 'refused';
        /** The budget; of a balance, what it was when it was last set or added to. */
        readonly limit_micros: number;
        /** Of it, with what is reserved, as far as the submit knew that reached it. */
        readonly spent_micros: number;
        /** When the next day or month begins; null for a balance. */
        readonly renews_at: string | null;
      };
    };

/** Events, oldest first. `next_cursor` is never null: a reader that has everything asks again with it later. */
export interface EventList {
  readonly data: readonly Event[];
  readonly next_cursor: string;
}

/** A code that tasks of one model and account met on their way, however they ended. */
export interface FailureGroup {
  /** Whose they are; only with a key that may operate. */
  readonly account?: string;
  /** For `met` of a list of tasks: `http-429`. */
  readonly key: string;
  /** `http`, `task` or `transport`. */
  readonly level: string;
  /** HTTP status, task code, or the name of the connection error. */
  readonly code: number | string;
  readonly model: string;
  /** Tasks that met it. */
  readonly count: number;
  /** Of all tasks that met a failure in this time. */
  readonly share: number;
  /** When the first of these tasks was made. */
  readonly first_seen: string;
  /** When the last of them was made. */
  readonly last_seen: string;
  /** Null for a group that is not muted. */
  readonly muted: FailureMute | null;
  /** Tasks in twelve equal parts of the time, oldest first. */
  readonly trend: readonly number[];
}

/** Until when a group of failures is muted, why and by whom; it ends without a call. */
export interface FailureMute {
  readonly until: string;
  readonly reason: string;
  readonly by: {
    readonly kind: 'key' | 'command-line';
    /** Account of the key. */
    readonly account: string | null;
    readonly key_id: string | null;
    readonly key_hint: string | null;
    readonly key_name: string | null;
    /** User and machine at the command line. */
    readonly principal: string | null;
  };
  readonly at: string;
}

/** What to mute no longer, as it was muted. */
export interface FailureUnmute {
  /** HTTP status, task code, or a key of the list of failures. */
  readonly code: number | string;
  /** As in the list of failures, or `*` for every one. */
  readonly model: string;
  /** Your own by default; another's id or `*` for all with a key that may operate. */
  readonly account?: '*' | string;
}

/** Failures of a time, those that most tasks met first, muted ones last. */
export interface Failures {
  readonly from: string;
  readonly to: string;
  /** Tasks that met any failure. */
  readonly total: number;
  /** True when there may be more: the newest 10,000 are looked at. */
  readonly at_least: boolean;
  /** Groups that are not shown; an account or a shorter time shows them. */
  readonly more_groups: number;
  readonly failures: readonly FailureGroup[];
}

/** The admission gate before Get3W: its limit, what waits, and what stops it. */
export interface Gate {
  readonly id: string;
  /** Slots: tasks that Get3W may work on at once. */
  readonly limit: number;
  /** False until Get3W has refused for the first time. */
  readonly limit_is_bounded: boolean;
  readonly proven: number;
  readonly in_flight: number;
  readonly retries_in_flight: number;
  readonly waiting: readonly {
    readonly kind: 'fresh' | 'retry';
    readonly account_id: string;
    readonly model: string;
    readonly tasks: number;
  }[];
  /** The same by account, those with most tasks first. */
  readonly accounts: readonly {
    readonly account_id: string;
    readonly weight: number;
    readonly tasks: number;
    /** Of the slots, while all that wait want more. */
    readonly share: number;
    /** Of one more task; null while the gate is paused, or does not know yet how long tasks take. */
    readonly expected_wait_seconds: number | null;
  }[];
  /** False when more accounts wait than are shown. */
  readonly waiting_is_complete: boolean;
  readonly pause:
    | {
        readonly reason: 'limited';
        readonly since: string;
        readonly until: string;
      }
    | {
        readonly reason: 'account';
        readonly since: string;
        readonly http_status: number;
        readonly next_probe_at: string;
      }
    | null;
  readonly operator_pause: {
    readonly since: string;
    readonly by: string;
    /** Null: until an operator resumes the gate. */
    readonly until: string | null;
    readonly reason: string | null;
  } | null;
  readonly circuits: readonly {
    readonly model: string;
    readonly state: string;
    readonly since: string;
    readonly failed_probes: number;
    readonly next_probe_at: string | null;
  }[];
}

/** An error of API Gateway in front of the relay: 413, 429, 500 or 503, without `code` and without `error`. */
export interface GatewayError {
  readonly message: string | null;
}

/** The relay answers. */
export interface Health {
  readonly status: 'ok';
  readonly version: string;
}

/** A bulk job. `seen` is `done`, `skipped` and `failed` together. */
export interface Job {
  readonly id: string;
  readonly action: 'cancel' | 'retry' | 'replay';
  /** The filter as it was given; of `ids` their number. */
  readonly filter: {
    readonly [name: string]: unknown;
  };
  readonly status: 'running' | 'stopping' | 'stopped' | 'done' | 'failed';
  /** Whose job it is; `*` for one of the command line over all accounts. */
  readonly account: string;
  readonly by: {
    readonly kind: 'key' | 'command-line';
    /** Account of the key. */
    readonly account: string | null;
    readonly key_id: string | null;
    readonly key_hint: string | null;
    readonly key_name: string | null;
    /** User and machine at the command line. */
    readonly principal: string | null;
  };
  readonly reason: string | null;
  /** Only what was made before then is touched. */
  readonly created_at: string;
  readonly updated_at: string;
  readonly ended_at: string | null;
  /** Counted when it was made. */
  readonly expected: number;
  readonly expected_at_least: boolean;
  readonly seen: number;
  readonly done: number;
  readonly skipped: number;
  readonly failed: number;
  /** How many were skipped, by why. */
  readonly skips: {
    readonly [name: string]: number;
  };
  /** What last kept it or failed. */
  readonly last_error: string | null;
}

/** What a bulk job would change now; nothing was done. */
export interface JobEstimate {
  readonly dry_run: true;
  readonly action: 'cancel' | 'retry' | 'replay';
  /** The filter as it was given; of `ids` their number. */
  readonly filter: {
    readonly [name: string]: unknown;
  };
  /** How many tasks or deliveries; counting stops at 10000. */
  readonly tasks: number;
  /** Whether counting stopped there. */
  readonly at_least: boolean;
  /** Ids of some of them. */
  readonly sample: readonly string[];
  /** The same as a sentence. */
  readonly effect: string;
}

/** Bulk jobs, newest first. */
export interface JobList {
  readonly data: readonly Job[];
  /** Where the list continues; null at its end. A page may be shorter than its `limit`. */
  readonly next_cursor: string | null;
}

/** What has become of one output: the copy that the relay keeps of it, or why there is none. */
export interface KeptOutput {
  /** Get3W's own address, which dies after about seven days. */
  readonly source: string;
  readonly state: 'pending' | 'kept' | 'lost';
  /** Where the copy is. In an answer it is signed, for an hour at most; in events and webhooks it is an address of the relay that stays good. */
  readonly url: string | null;
  /** Its key in the relay's bucket. */
  readonly key: string | null;
  readonly bytes: number | null;
  /** Of its bytes, hex. */
  readonly sha256: string | null;
  /** As its first bytes show it. */
  readonly content_type: string | null;
  /** Pixels; of PNG, JPEG, WebP and GIF. */
  readonly width: number | null;
  readonly height: number | null;
  readonly kept_at: string | null;
  /** Why it is lost, or why the last try failed. */
  readonly cause:
    'address' | 'connection' | 'timeout' | 'status' | 'gone' | 'too-large' | 'not-media' | 'bucket' | 'expired' | null;
}

/** A key of the account. Its text is never shown again. */
export interface Key {
  readonly id: string;
  readonly name: string | null;
  /** First characters of the key. */
  readonly hint: string;
  readonly scopes: readonly ('submit' | 'read' | 'webhooks' | 'operate')[];
  readonly created_at: string;
  /** `key:` and the id of the key that made it, or `cli:` and who ran the command. */
  readonly created_by: string | null;
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
  /** When the hour began in which it was last used: it is kept by the hour. Null for a key that was never used. */
  readonly last_used_at: string | null;
}

/** The keys of the account that are kept, oldest first: those that are good, and the latest of the others. */
export interface KeyList {
  readonly data: readonly Key[];
}

/** An account as a list shows it: without what its use is made of. */
export interface ListedAccount {
  readonly id: string;
  readonly name: string;
  readonly is_operator: boolean;
  readonly suspended_at: string | null;
  readonly created_at: string;
  /** In force: the account's own, else those of the relay. */
  readonly limits: {
    /** Null for no limit. */
    readonly unfinished_tasks: number | null;
    /** Null for no limit. */
    readonly requests_per_second: number | null;
    /** Calls that may wait with `?sync=true` at once. */
    readonly sync_waits: number;
    readonly endpoints: number;
    readonly keys: number;
    /** Its share of the slots at Get3W relative to other accounts that wait. */
    readonly weight: number;
  };
  /** What an operator has set for the account itself; null where the limit of the relay is in force. */
  readonly own_limits: {
    readonly unfinished_tasks: number | null;
    readonly requests_per_second: number | null;
    readonly sync_waits: number | null;
    readonly endpoints: number | null;
    readonly keep: 'no' | 'yes' | 'before-webhook' | null;
  };
  /** Null without a balance and budgets. */
  readonly money: {
    /** Null where none is kept. */
    readonly balance_micros: number | null;
    readonly day_budget_micros: number | null;
    /** Of this UTC day, with what is reserved. */
    readonly day_spent_micros: number;
    readonly month_budget_micros: number | null;
    readonly month_spent_micros: number;
  } | null;
  /** What happens to the outputs of a task whose submit has no `keep`: in force, as the limits. */
  readonly keep: 'no' | 'yes' | 'before-webhook';
  readonly use: {
    /** Null for an account without a limit of its own: the relay counts only those of its tasks that wait. */
    readonly unfinished_tasks: number | null;
    /** Tasks that wait for a slot. */
    readonly waiting_tasks: number;
  };
}

/** Series of the relay from CloudWatch. */
export interface Metrics {
  /** Seconds. */
  readonly period: number;
  readonly from: string;
  readonly to: string;
  readonly series: readonly {
    readonly name: string;
    readonly statistic: 'Sum' | 'Average' | 'Minimum' | 'Maximum' | 'SampleCount' | 'p50' | 'p90' | 'p99';
    readonly dimensions: {
      readonly [name: string]: string;
    };
    /** Oldest first; periods in which nothing was measured are absent. */
    readonly datapoints: readonly {
      readonly timestamp: string;
      readonly value: number;
    }[];
  }[];
  /** Series that CloudWatch was asked for, $0.01 per thousand. */
  readonly metrics_read: number;
}

/** What a task costs, in micro-dollars; docs/money.md says which end costs what. */
export interface Money {
  /** By the price table at its submit. */
  readonly price_micros: number;
  /** The price once it is charged, else 0. */
  readonly charged_micros: number;
  readonly state: 'reserved' | 'charged' | 'in_doubt' | 'given_back';
  /** Why; `late_success`: it succeeded after the relay had ended it. */
  readonly reason:
    | 'reserved'
    | 'completed'
    | 'late_success'
    | 'failed_work'
    | 'earlier_run'
    | 'open'
    | 'doubt'
    | 'doubt_given_back'
    | 'failed_work_given_back'
    | 'service_failure'
    | 'not_submitted'
    | 'refused'
    | 'cancelled';
}

/** What is muted, or no longer. */
export interface MutedGroup {
  /** As in the list of failures: `http-429`. */
  readonly key: string;
  /** `*` for every one. */
  readonly model: string;
  /** `*` for all. */
  readonly account: string;
  readonly muted: FailureMute | null;
}

/** An endpoint to be registered. */
export interface NewEndpoint {
  /** A public https address. */
  readonly url: string;
  readonly description?: string | null;
  /** Null for all that the shape can carry. */
  readonly events?:
    | readonly (
        | 'task.completed'
        | 'task.failed'
        | 'task.cancelled'
        | 'task.outputs-kept'
        | 'task.outputs-lost'
        | 'endpoint.disabled'
        | 'delivery.exhausted'
        | 'budget.threshold'
      )[]
    | null;
  /** Calls a second; null for no limit. */
  readonly rate_limit?: number | null;
  /** Sent with every call: 20 and 4,096 bytes at most. */
  readonly headers?: {
    readonly [name: string]: string;
  } | null;
  /** `event`: Standard Webhooks; `get3w`: Get3W's bare task. */
  readonly shape?: 'event' | 'get3w';
  /** `["v1"]` or `["v1", "v1a"]`. */
  readonly signatures?: readonly ('v1' | 'v1a')[];
  readonly disabled?: boolean;
}

/** What to mute, until when and why. */
export interface NewFailureMute {
  /** HTTP status, task code, or a key of the list of failures. */
  readonly code: number | string;
  /** As in the list of failures, or `*` for every one. */
  readonly model: string;
  /** Your own by default; another's id or `*` for all with a key that may operate. */
  readonly account?: '*' | string;
  /** Within 90 days. */
  readonly until: string;
  readonly reason: string;
}

/** What a bulk job is to do, and to what. */
export interface NewJob {
  readonly action: 'cancel' | 'retry' | 'replay';
  /** Queries of the list of tasks, ids, or for `replay` an endpoint. */
  readonly filter:
    | {
        /** By default every state that the action can change. */
        readonly status?:
          | 'created'
          | 'processing'
          | 'queued'
          | 'waiting'
          | 'submitting'
          | 'in-doubt'
          | 'running'
          | 'backoff'
          | 'completed'
          | 'failed'
          | 'cancelled';
        readonly code?: number | string;
        readonly met?: number | string;
        readonly model?: string;
        readonly from?: string;
        readonly to?: string;
        readonly provider_id?: string;
        readonly correlation_id?: string;
        /** An account's id, or `*` for all, with a key that may operate; your own account by default. */
        readonly account?: string;
      }
    | {
        /** The tasks, one by one. */
        readonly ids: readonly string[];
      }
    | {
        /** Id of the endpoint whose failed deliveries are sent again. */
        readonly endpoint: string;
        readonly status?: 'exhausted';
        readonly from?: string;
        readonly to?: string;
      };
  /** Only counts what the job would change. */
  readonly dry_run?: boolean;
  /** Why, for the audit log. */
  readonly reason?: string | null;
}

/** A key to be made; it has the scopes and the end of the key that makes it, unless it is given less. */
export interface NewKey {
  readonly name?: string | null;
  /** Only scopes that the calling key has. */
  readonly scopes?: readonly ('submit' | 'read' | 'webhooks')[] | null;
  readonly expires_at?: string | null;
}

/** A file that is to be uploaded. */
export interface NewUpload {
  /** Media type without parameters, such as `image/png`. */
  readonly content_type: string;
  /** Its exact size; `media.uploadBytesMax` at most. */
  readonly bytes: number;
}

/** How far this call came. Call again with `next_cursor` until `done`. */
export interface Recovered {
  readonly since: string;
  readonly done: boolean;
  readonly examined: number;
  readonly recovered: number;
  readonly skipped: number;
  readonly under_way: number;
  /** Where the list continues; null at its end. A page may be shorter than its `limit`. */
  readonly next_cursor: string | null;
}

/** Since when the endpoint is to get what it has missed; `cursor` continues an earlier call. */
export interface Recovery {
  readonly since: string;
  readonly cursor?: string | null;
}

/** Where to fetch it. */
export interface Redirect {
  readonly url: string;
}

/** How many dead letters were sent back, and about how many are left. */
export interface Redriven {
  readonly moved: number;
  /** Call again while there are any. Of the queues that could be counted. */
  readonly left: number;
  readonly queues: readonly {
    readonly queue: 'dispatch' | 'settle' | 'deliver' | 'keep' | 'jobs';
    readonly moved: number;
    /** null where the queue could not be counted. */
    readonly left: number | null;
    /** Why this queue stopped early, as a sentence; null where it went well. */
    readonly error: string | null;
  }[];
}

/** The answer to a submit with a used `Idempotency-Key`: the task in its present state. */
export interface RepeatedTask {
  readonly id: string;
  /** `vendor/model/task`. */
  readonly model: string;
  readonly status: 'created' | 'processing' | 'completed' | 'failed' | 'cancelled' | 'damaged';
  /** Task code: 0 for success, null until the task has ended. */
  readonly code: number | null;
  /** Get3W's own outputs, most often addresses; null without them. */
  readonly outputs: unknown;
  readonly error: string | null;
  readonly created_at: string;
  /** When it ended, however it ended. */
  readonly completed_at: string | null;
  /** The account whose it is; only in answers to operators' keys. */
  readonly account?: string;
  readonly updated_at: string;
  /** End of the backoff that the task is in. */
  readonly next_attempt_at: string | null;
  /** What the relay is doing with the task, finer than `status`. */
  readonly phase:
    | 'queued'
    | 'waiting'
    | 'submitting'
    | 'in-doubt'
    | 'running'
    | 'backoff'
    | 'completed'
    | 'failed'
    | 'cancelled'
    | 'damaged';
  /** Null where the price table knew no price. */
  readonly money: Money | null;
  /** The `X-Request-Id` of its submit, or the trace id of its `traceparent`. */
  readonly correlation_id?: string | null;
  /** The newest 40, oldest first. */
  readonly attempts: readonly Attempt[];
  /** Present once a task that keeps its outputs has completed. */
  readonly kept_outputs?: readonly KeptOutput[];
  /** Seconds until it ends; 0 once it has. */
  readonly estimated_duration: number;
}

/** The new secret, which no other answer shows. */
export interface RotatedSecret {
  /** Shown by this answer only. */
  readonly secret: string;
  readonly public_key: string | null;
  readonly previous_valid_until: string;
}

/** How long the previous secret signs beside the new one. */
export interface SecretRotation {
  readonly overlap_seconds?: number;
}

/** What an account spent in these UTC days. A late correction counts on the day on which it became known. */
export interface Spend {
  readonly by: 'day' | 'model' | 'code' | 'account';
  readonly from: string;
  readonly to: string;
  readonly data: readonly (
    | {
        readonly day: string;
        /** Ends of tasks; a task that is put back ends again. */
        readonly ends: number;
        readonly charged_micros: number;
        /** Held for ended tasks of which nothing shows whether Get3W did the work. */
        readonly in_doubt_micros: number;
        readonly given_back_micros: number;
      }
    | {
        readonly model: string;
        /** Ends of tasks; a task that is put back ends again. */
        readonly ends: number;
        readonly charged_micros: number;
        /** Held for ended tasks of which nothing shows whether Get3W did the work. */
        readonly in_doubt_micros: number;
        readonly given_back_micros: number;
      }
    | {
        /** Task code of the end, or `cancelled`. */
        readonly code: string;
        /** Ends of tasks; a task that is put back ends again. */
        readonly ends: number;
        readonly charged_micros: number;
        /** Held for ended tasks of which nothing shows whether Get3W did the work. */
        readonly in_doubt_micros: number;
        readonly given_back_micros: number;
      }
    | {
        readonly account: string;
        /** Ends of tasks; a task that is put back ends again. */
        readonly ends: number;
        readonly charged_micros: number;
        /** Held for ended tasks of which nothing shows whether Get3W did the work. */
        readonly in_doubt_micros: number;
        readonly given_back_micros: number;
      }
  )[];
  /** Where the list continues; null at its end. A page may be shorter than its `limit`. */
  readonly next_cursor: string | null;
  /** Ends up to here are counted, most often up to ten seconds ago. */
  readonly reaches: string;
}

/** The model's own parameters, passed on to Get3W as they come: at least one field, 5,000,000 bytes and 64 levels at most; 4,000,000 bytes without a content type of text or JSON. */
export interface SubmitBody {
  readonly prompt?: unknown;
  readonly [name: string]: unknown;
}

/** A task in its present state; `damaged` when its record is damaged and an operator has to end it. */
export interface Task {
  readonly id: string;
  /** `vendor/model/task`. */
  readonly model: string;
  readonly status: 'created' | 'processing' | 'completed' | 'failed' | 'cancelled' | 'damaged';
  /** Task code: 0 for success, null until the task has ended. */
  readonly code: number | null;
  /** Get3W's own outputs, most often addresses; null without them. */
  readonly outputs: unknown;
  readonly error: string | null;
  readonly created_at: string;
  /** When it ended, however it ended. */
  readonly completed_at: string | null;
  /** The account whose it is; only in answers to operators' keys. */
  readonly account?: string;
  readonly updated_at: string;
  /** End of the backoff that the task is in. */
  readonly next_attempt_at: string | null;
  /** What the relay is doing with the task, finer than `status`. */
  readonly phase:
    | 'queued'
    | 'waiting'
    | 'submitting'
    | 'in-doubt'
    | 'running'
    | 'backoff'
    | 'completed'
    | 'failed'
    | 'cancelled'
    | 'damaged';
  /** Null where the price table knew no price. */
  readonly money: Money | null;
  /** The `X-Request-Id` of its submit, or the trace id of its `traceparent`. */
  readonly correlation_id?: string | null;
  /** The newest 40, oldest first. */
  readonly attempts: readonly Attempt[];
  /** Present once a task that keeps its outputs has completed. */
  readonly kept_outputs?: readonly KeptOutput[];
  /** Only with `explain=true`: why it waits; null when it waits for nothing of the relay's. */
  readonly waits?: Wait | null;
  /** Only with `details=true`. */
  readonly details?: TaskDetails;
}

/** The deliveries of a task, newest event first. */
export interface TaskDeliveries {
  readonly data: readonly Delivery[];
  /** Where the list continues; null at its end. A page may be shorter than its `limit`. */
  readonly next_cursor?: string | null;
}

/** What the submit of a task said, and until when the task may take. */
export interface TaskDetails {
  /** As its client sent it; null unless `input_state` is `shown`. */
  readonly input: unknown;
  /** `too_long`: above 256 KiB. `gone`: it is in no store any more. */
  readonly input_state: 'shown' | 'too_long' | 'gone';
  readonly input_bytes: number;
  /** When the relay ends it if nothing else has. */
  readonly deadline_at: string;
  /** By how much it jumps ahead in its account's queue. */
  readonly priority_seconds: number;
  /** Of the call that submitted it; the log names it. */
  readonly correlation_id: string | null;
  /** The `webhook` of its submit. */
  readonly webhook: string | null;
}

/** Tasks, in the order that was asked for. */
export interface TaskList {
  readonly data: readonly Task[];
  /** Where the list continues; null at its end. A page may be shorter than its `limit`. */
  readonly next_cursor: string | null;
  /** Only with `count=true`: how many tasks the list has on all of its pages. */
  readonly count?: {
    readonly tasks: number;
    /** True when there may be more: show it as "10,000+". */
    readonly at_least: boolean;
  };
}

/** The body of the `?webhook=` of a submit: Get3W's task object, with the event's `type`, `timestamp` and `data` beside it. */
export interface TaskWebhook {
  readonly id: string;
  /** `vendor/model/task`. */
  readonly model: string;
  readonly status: 'completed' | 'failed' | 'cancelled';
  /** Task code: 0 for success, null until the task has ended. */
  readonly code: number | null;
  /** Get3W's own outputs, most often addresses; null without them. */
  readonly outputs: unknown;
  readonly error: string | null;
  readonly created_at: string;
  readonly completed_at: string;
  /** Present where the price table knew a price. */
  readonly money?: Money;
  /** Present in events about outputs, and in the end of a task that was held for them. */
  readonly kept_outputs?: readonly KeptOutput[];
  readonly type: 'task.completed' | 'task.failed' | 'task.cancelled' | 'task.outputs-kept' | 'task.outputs-lost';
  readonly timestamp: string;
  readonly data: EndedTask;
}

/** A form by which the file can be put into the bucket, and its address from then on. */
export interface Upload {
  /** For the body of a submit. It redirects to the file once a submit has named it, for as long as the task can run and is kept; without one the file is deleted after a day. */
  readonly file_url: string;
  readonly form: {
    readonly method: 'POST';
    readonly url: string;
    /** Send them as `multipart/form-data` in this order, then the file as `file`. */
    readonly fields: {
      readonly [name: string]: string;
    };
  };
  /** Until when the form is good: a quarter of an hour. */
  readonly expires_at: string;
}

/** Why a task is not at Get3W just now. */
export interface Wait {
  readonly reason:
    | 'due'
    | 'backoff'
    | 'answer_lost'
    | 'operator_pause'
    | 'limited'
    | 'account_refused'
    | 'circuit_open'
    | 'circuit_probing'
    | 'slots_in_use';
  /** When it goes on or is tried next; null where that depends on others. */
  readonly until: string | null;
  /** The reason as a sentence. */
  readonly text: string;
}

/** The body of a webhook of the `event` shape, as Standard Webhooks has it. */
export type Webhook =
  | {
      readonly type: 'task.completed' | 'task.failed' | 'task.cancelled' | 'task.outputs-kept' | 'task.outputs-lost';
      readonly timestamp: string;
      readonly data: EndedTask;
    }
  | {
      readonly type: 'endpoint.disabled';
      readonly timestamp: string;
      readonly data: {
        readonly endpoint_id: string;
        readonly url: string;
        readonly reason: 'gone' | 'failing';
        readonly disabled_at: string;
        readonly failing_since: string | null;
      };
    }
  | {
      readonly type: 'delivery.exhausted';
      readonly timestamp: string;
      readonly data: {
        readonly delivery_id: string;
        readonly endpoint_id: string | null;
        readonly event_id: string;
        readonly event_type:
          | 'task.completed'
          | 'task.failed'
          | 'task.cancelled'
          | 'task.outputs-kept'
          | 'task.outputs-lost'
          | 'endpoint.disabled'
          | 'delivery.exhausted'
          | 'budget.threshold';
        readonly request_id: string | null;
        readonly reason: 'attempts' | 'gone' | 'too_old' | 'endpoint_deleted' | null;
        readonly attempts: number;
      };
    }
  | {
      readonly type: 'budget.threshold';
      readonly timestamp: string;
      readonly data: {
        readonly budget: 'balance' | 'day' | 'month';
        readonly percent: 50 | 80 | 100;
        /** What reached it: the amount that is spent or reserved, or a task that was refused for it. */
        readonly reason: 'reached' | 'refused';
        /** The budget; of a balance, what it was when it was last set or added to. */
        readonly limit_micros: number;
        /** Of it, with what is reserved, as far as the submit knew that reached it. */
        readonly spent_micros: number;
        /** When the next day or month begins; null for a balance. */
        readonly renews_at: string | null;
      };
    };

/** Why something is done. */
export interface Why {
  /** Why, for the audit log. */
  readonly reason?: string | null;
}

/** All of them, by name. */
export interface ApiMessages {
  readonly AcceptedTask: AcceptedTask;
  readonly Account: Account;
  readonly AccountChange: AccountChange;
  readonly AccountList: AccountList;
  readonly Acknowledge: Acknowledge;
  readonly Alarm: Alarm;
  readonly AlarmHistory: AlarmHistory;
  readonly Alarms: Alarms;
  readonly AskedRedrive: AskedRedrive;
  readonly Attempt: Attempt;
  readonly AuditEntry: AuditEntry;
  readonly AuditList: AuditList;
  readonly CreatedEndpoint: CreatedEndpoint;
  readonly CreatedKey: CreatedKey;
  readonly DeadLetter: DeadLetter;
  readonly DeadLetters: DeadLetters;
  readonly Delivery: Delivery;
  readonly DeliveryAttempt: DeliveryAttempt;
  readonly DeliveryList: DeliveryList;
  readonly DryRun: DryRun;
  readonly EndedTask: EndedTask;
  readonly Endpoint: Endpoint;
  readonly EndpointChange: EndpointChange;
  readonly EndpointList: EndpointList;
  readonly EndpointTest: EndpointTest;
  readonly ErasedTask: ErasedTask;
  readonly ErrorMessage: ErrorMessage;
  readonly Event: Event;
  readonly EventList: EventList;
  readonly FailureGroup: FailureGroup;
  readonly FailureMute: FailureMute;
  readonly FailureUnmute: FailureUnmute;
  readonly Failures: Failures;
  readonly Gate: Gate;
  readonly GatewayError: GatewayError;
  readonly Health: Health;
  readonly Job: Job;
  readonly JobEstimate: JobEstimate;
  readonly JobList: JobList;
  readonly KeptOutput: KeptOutput;
  readonly Key: Key;
  readonly KeyList: KeyList;
  readonly ListedAccount: ListedAccount;
  readonly Metrics: Metrics;
  readonly Money: Money;
  readonly MutedGroup: MutedGroup;
  readonly NewEndpoint: NewEndpoint;
  readonly NewFailureMute: NewFailureMute;
  readonly NewJob: NewJob;
  readonly NewKey: NewKey;
  readonly NewUpload: NewUpload;
  readonly Recovered: Recovered;
  readonly Recovery: Recovery;
  readonly Redirect: Redirect;
  readonly Redriven: Redriven;
  readonly RepeatedTask: RepeatedTask;
  readonly RotatedSecret: RotatedSecret;
  readonly SecretRotation: SecretRotation;
  readonly Spend: Spend;
  readonly SubmitBody: SubmitBody;
  readonly Task: Task;
  readonly TaskDeliveries: TaskDeliveries;
  readonly TaskDetails: TaskDetails;
  readonly TaskList: TaskList;
  readonly TaskWebhook: TaskWebhook;
  readonly Upload: Upload;
  readonly Wait: Wait;
  readonly Webhook: Webhook;
  readonly Why: Why;
}
