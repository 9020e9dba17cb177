// The operations of the relay: their methods and paths, and the types of what they take and answer. Made from
// docs/openapi.json by `npm run docs:api`, never changed by hand.
import type {
  AcceptedTask,
  Account,
  AccountChange,
  AccountList,
  Acknowledge,
  Alarm,
  AlarmHistory,
  Alarms,
  AskedRedrive,
  AuditList,
  CreatedEndpoint,
  CreatedKey,
  DeadLetters,
  Delivery,
  DeliveryList,
  DryRun,
  Endpoint,
  EndpointChange,
  EndpointList,
  EndpointTest,
  ErasedTask,
  EventList,
  FailureUnmute,
  Failures,
  Gate,
  Health,
  Job,
  JobEstimate,
  JobList,
  Key,
  KeyList,
  ListedAccount,
  Metrics,
  MutedGroup,
  NewEndpoint,
  NewFailureMute,
  NewJob,
  NewKey,
  NewUpload,
  Recovered,
  Recovery,
  Redriven,
  RepeatedTask,
  RotatedSecret,
  SecretRotation,
  Spend,
  SubmitBody,
  Task,
  TaskDeliveries,
  TaskList,
  Upload,
  Wait,
  Why,
} from './api-messages.ts';

export const apiOperations = {
  submitTask: { method: 'POST', path: '/v1/{vendor}/{model}/{task}' },
  listTasks: { method: 'GET', path: '/v1/requests' },
  getTask: { method: 'GET', path: '/v1/requests/{id}' },
  cancelTask: { method: 'DELETE', path: '/v1/requests/{id}' },
  getOutput: { method: 'GET', path: '/v1/requests/{id}/outputs/{number}' },
  getFile: { method: 'GET', path: '/files/{token}' },
  createUpload: { method: 'POST', path: '/v1/uploads' },
  retryTask: { method: 'POST', path: '/v1/requests/{id}/retry' },
  eraseTask: { method: 'POST', path: '/v1/requests/{id}/erase' },
  taskDeliveries: { method: 'GET', path: '/v1/requests/{id}/deliveries' },
  replayTaskDelivery: { method: 'POST', path: '/v1/requests/{id}/deliveries/{delivery}/replay' },
  listFailures: { method: 'GET', path: '/v1/failures' },
  muteFailures: { method: 'POST', path: '/v1/failures/mute' },
  unmuteFailures: { method: 'POST', path: '/v1/failures/unmute' },
  createJob: { method: 'POST', path: '/v1/jobs' },
  listJobs: { method: 'GET', path: '/v1/jobs' },
  getJob: { method: 'GET', path: '/v1/jobs/{id}' },
  stopJob: { method: 'POST', path: '/v1/jobs/{id}/stop' },
  listDeadLetters: { method: 'GET', path: '/v1/dead-letters' },
  redriveDeadLetters: { method: 'POST', path: '/v1/dead-letters/redrive' },
  listEvents: { method: 'GET', path: '/v1/events' },
  createEndpoint: { method: 'POST', path: '/v1/webhook-endpoints' },
  listEndpoints: { method: 'GET', path: '/v1/webhook-endpoints' },
  getEndpoint: { method: 'GET', path: '/v1/webhook-endpoints/{id}' },
  updateEndpoint: { method: 'PATCH', path: '/v1/webhook-endpoints/{id}' },
  deleteEndpoint: { method: 'DELETE', path: '/v1/webhook-endpoints/{id}' },
  rotateEndpointSecret: { method: 'POST', path: '/v1/webhook-endpoints/{id}/rotate-secret' },
  testEndpoint: { method: 'POST', path: '/v1/webhook-endpoints/{id}/test' },
  recoverEndpoint: { method: 'POST', path: '/v1/webhook-endpoints/{id}/recover' },
  endpointDeliveries: { method: 'GET', path: '/v1/webhook-endpoints/{id}/deliveries' },
  replayEndpointDelivery: { method: 'POST', path: '/v1/webhook-endpoints/{id}/deliveries/{delivery}/replay' },
  rotateWebhookSecret: { method: 'POST', path: '/v1/webhook-secret/rotate' },
  listAccounts: { method: 'GET', path: '/v1/accounts' },
  getAccount: { method: 'GET', path: '/v1/account' },
  changeAccount: { method: 'PATCH', path: '/v1/accounts/{id}' },
  suspendAccount: { method: 'POST', path: '/v1/accounts/{id}/suspend' },
  resumeAccount: { method: 'POST', path: '/v1/accounts/{id}/resume' },
  getSpend: { method: 'GET', path: '/v1/spend' },
  createKey: { method: 'POST', path: '/v1/keys' },
  listKeys: { method: 'GET', path: '/v1/keys' },
  revokeKey: { method: 'DELETE', path: '/v1/keys/{id}' },
  getGate: { method: 'GET', path: '/v1/gate' },
  pauseGate: { method: 'POST', path: '/v1/gate/pause' },
  resumeGate: { method: 'POST', path: '/v1/gate/resume' },
  listAudit: { method: 'GET', path: '/v1/audit' },
  readMetrics: { method: 'GET', path: '/v1/monitoring/metrics' },
  listAlarms: { method: 'GET', path: '/v1/monitoring/alarms' },
  readAlarmHistory: { method: 'GET', path: '/v1/monitoring/alarms/history' },
  acknowledgeAlarm: { method: 'POST', path: '/v1/monitoring/alarms/acknowledge' },
  health: { method: 'GET', path: '/health' },
} as const;

export interface ApiOperations {
  /** Submit a task. */
  readonly submitTask: {
    readonly path: {
      /** The vendor of the model. */
      readonly vendor: string;
      /** The name of the model. */
      readonly model: string;
      /** What the model does. */
      readonly task: string;
    };
    readonly query:
      | {
          /** Wait for the end, 25 s at most. */
          readonly sync?: boolean | '0' | '1' | 'true' | 'false' | 'True' | 'False';
          /** A public https address to call when the task ends, URL-encoded. */
          readonly webhook?: string;
          /** Seconds that the task jumps ahead in its account's own queue. */
          readonly priority?: number;
          /** Answers validity, price and expected wait; no task is made. */
          readonly dry_run?: boolean | '0' | '1' | 'true' | 'false' | 'True' | 'False';
          /** Keep its outputs in the bucket of the relay once it has completed; `before-webhook` also holds its webhook until they are kept, ten minutes at most. */
          readonly keep?: boolean | '0' | '1' | 'true' | 'false' | 'True' | 'False' | 'before-webhook';
        }
      | undefined;
    readonly body: SubmitBody;
    readonly answer: AcceptedTask | RepeatedTask | Task | DryRun;
  };
  /** List tasks, and count them. */
  readonly listTasks: {
    readonly path: undefined;
    readonly query:
      | {
          /** Rows of a page; 20 by default. */
          readonly limit?: number;
          /** `next_cursor` of the page before. */
          readonly cursor?: string;
          /** `created` and `processing`, or a phase. */
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
          /** The task code that it ended with. */
          readonly code?: number;
          /** A code met on the way, however the task ended: an HTTP status such as 429, a task code, or a key of the table of errors (`transport-reset`). */
          readonly met?: string;
          /** `vendor/model/task`, or the beginning of it and `*`: `vendor/*`. */
          readonly model?: string;
          /** An account's id, or `*` for all, with a key that may operate; your own account by default. */
          readonly account?: '*' | string;
          /** Only tasks made then or later. */
          readonly from?: string;
          /** Only tasks made before. */
          readonly to?: string;
          /** `newest` first, which is usual, or `oldest`. */
          readonly order?: 'newest' | 'oldest';
          /** Get3W's id of one of the attempts. */
          readonly provider_id?: string;
          /** The `X-Request-Id` of the submit, or the trace id of its `traceparent`. */
          readonly correlation_id?: string;
          /** Adds `count`; it goes through 10,000 tasks at most. */
          readonly count?: boolean | '0' | '1' | 'true' | 'false' | 'True' | 'False';
        }
      | undefined;
    readonly body: undefined;
    readonly answer: TaskList;
  };
  /** Get a task. */
  readonly getTask: {
    readonly path: {
      /** The id of the task, the endpoint, the key, the job or the account. */
      readonly id: string;
    };
    readonly query:
      | {
          /** Adds `waits`: why the task is not at Get3W just now, and when it goes on. */
          readonly explain?: boolean | '0' | '1' | 'true' | 'false' | 'True' | 'False';
          /** Adds `details`: its input, its deadline and what else its submit said. */
          readonly details?: boolean | '0' | '1' | 'true' | 'false' | 'True' | 'False';
        }
      | undefined;
    readonly body: undefined;
    readonly answer: Task;
  };
  /** Cancel a task. */
  readonly cancelTask: {
    readonly path: {
      /** The id of the task, the endpoint, the key, the job or the account. */
      readonly id: string;
    };
    readonly query:
      | {
          /** Why, for the audit log. */
          readonly reason?: string;
        }
      | undefined;
    readonly body: undefined;
    readonly answer: Task;
  };
  /** Fetch a kept output of a task. */
  readonly getOutput: {
    readonly path: {
      /** The id of the task, the endpoint, the key, the job or the account. */
      readonly id: string;
      /** The number of the output, 0 for the first. */
      readonly number: string;
    };
    readonly query: undefined | undefined;
    readonly body: undefined;
    readonly answer: undefined;
  };
  /** Fetch a kept output or an upload by its address. */
  readonly getFile: {
    readonly path: {
      /** As the webhook or the event has it. */
      readonly token: string;
    };
    readonly query: undefined | undefined;
    readonly body: undefined;
    readonly answer: undefined;
  };
  /** Upload a file for an input. */
  readonly createUpload: {
    readonly path: undefined;
    readonly query: undefined | undefined;
    readonly body: NewUpload;
    readonly answer: Upload;
  };
  /** Put a failed task back. */
  readonly retryTask: {
    readonly path: {
      /** The id of the task, the endpoint, the key, the job or the account. */
      readonly id: string;
    };
    readonly query:
      | {
          /** Why, for the audit log. */
          readonly reason?: string;
        }
      | undefined;
    readonly body: undefined;
    readonly answer: Task;
  };
  /** Erase a task's contents. */
  readonly eraseTask: {
    readonly path: {
      /** The id of the task, the endpoint, the key, the job or the account. */
      readonly id: string;
    };
    readonly query:
      | {
          /** Why, for the audit log. */
          readonly reason?: string;
        }
      | undefined;
    readonly body: undefined;
    readonly answer: ErasedTask;
  };
  /** List a task's deliveries. */
  readonly taskDeliveries: {
    readonly path: {
      /** The id of the task, the endpoint, the key, the job or the account. */
      readonly id: string;
    };
    readonly query:
      | {
          /** Rows of a page; 20 by default. */
          readonly limit?: number;
          /** `next_cursor` of the page before. */
          readonly cursor?: string;
        }
      | undefined;
    readonly body: undefined;
    readonly answer: TaskDeliveries;
  };
  /** Send one of a task's deliveries again. */
  readonly replayTaskDelivery: {
    readonly path: {
      /** The id of the task, the endpoint, the key, the job or the account. */
      readonly id: string;
      /** The id of the delivery. */
      readonly delivery: string;
    };
    readonly query:
      | {
          /** Why, for the audit log. */
          readonly reason?: string;
        }
      | undefined;
    readonly body: undefined;
    readonly answer: Delivery;
  };
  /** Show failures as groups. */
  readonly listFailures: {
    readonly path: undefined;
    readonly query:
      | {
          /** An account's id, or `*` for all, with a key that may operate; your own account by default. */
          readonly account?: '*' | string;
          /** 24 hours before `to` by default. A day alone is the moment at which it begins, in UTC. */
          readonly from?: string;
          /** Now by default. A day alone is the moment at which it begins, in UTC. */
          readonly to?: string;
        }
      | undefined;
    readonly body: undefined;
    readonly answer: Failures;
  };
  /** Mute a group of failures. */
  readonly muteFailures: {
    readonly path: undefined;
    readonly query: undefined | undefined;
    readonly body: NewFailureMute;
    readonly answer: MutedGroup;
  };
  /** End a mute of failures. */
  readonly unmuteFailures: {
    readonly path: undefined;
    readonly query: undefined | undefined;
    readonly body: FailureUnmute;
    readonly answer: MutedGroup;
  };
  /** Cancel, retry or replay in bulk. */
  readonly createJob: {
    readonly path: undefined;
    readonly query: undefined | undefined;
    readonly body: NewJob;
    readonly answer: Job | JobEstimate;
  };
  /** List bulk jobs, newest first. */
  readonly listJobs: {
    readonly path: undefined;
    readonly query:
      | {
          /** Rows of a page; 20 by default. */
          readonly limit?: number;
          /** `next_cursor` of the page before. */
          readonly cursor?: string;
          /** An account's id, or `*` for all, with a key that may operate; your own account by default. */
          readonly account?: '*' | string;
        }
      | undefined;
    readonly body: undefined;
    readonly answer: JobList;
  };
  /** Show a bulk job and its progress. */
  readonly getJob: {
    readonly path: {
      /** The id of the task, the endpoint, the key, the job or the account. */
      readonly id: string;
    };
    readonly query: undefined | undefined;
    readonly body: undefined;
    readonly answer: Job;
  };
  /** Stop a bulk job. */
  readonly stopJob: {
    readonly path: {
      /** The id of the task, the endpoint, the key, the job or the account. */
      readonly id: string;
    };
    readonly query:
      | {
          /** Why, for the audit log. */
          readonly reason?: string;
        }
      | undefined;
    readonly body: undefined;
    readonly answer: Job;
  };
  /** List dead letters with the cause of each. */
  readonly listDeadLetters: {
    readonly path: undefined;
    readonly query:
      | {
          /** One queue; `all` by default. */
          readonly queue?: 'dispatch' | 'settle' | 'deliver' | 'keep' | 'jobs' | 'all';
          /** Letters of each queue; 20 by default. */
          readonly limit?: number;
        }
      | undefined;
    readonly body: undefined;
    readonly answer: DeadLetters;
  };
  /** Send dead letters back to their queues. */
  readonly redriveDeadLetters: {
    readonly path: undefined;
    readonly query: undefined | undefined;
    readonly body: AskedRedrive;
    readonly answer: Redriven;
  };
  /** List the account's events, oldest first. */
  readonly listEvents: {
    readonly path: undefined;
    readonly query:
      | {
          /** A `next_cursor` of this list, or a moment in ISO 8601. */
          readonly after?: string;
          /** Rows of a page; 20 by default. */
          readonly limit?: number;
          /** An account's id, with a key that may operate; your own account by default. */
          readonly account?: string;
        }
      | undefined;
    readonly body: undefined;
    readonly answer: EventList;
  };
  /** Register an endpoint. */
  readonly createEndpoint: {
    readonly path: undefined;
    readonly query:
      | {
          /** An account's id, with a key that may operate; your own account by default. */
          readonly account?: string;
          /** Why, for the audit log. */
          readonly reason?: string;
        }
      | undefined;
    readonly body: NewEndpoint;
    readonly answer: CreatedEndpoint;
  };
  /** List endpoints. */
  readonly listEndpoints: {
    readonly path: undefined;
    readonly query:
      | {
          /** Rows of a page; 50 by default. */
          readonly limit?: number;
          /** `next_cursor` of the page before. */
          readonly cursor?: string;
          /** An account's id, or `*` for all, with a key that may operate; your own account by default. */
          readonly account?: '*' | string;
        }
      | undefined;
    readonly body: undefined;
    readonly answer: EndpointList;
  };
  /** Get an endpoint. */
  readonly getEndpoint: {
    readonly path: {
      /** The id of the task, the endpoint, the key, the job or the account. */
      readonly id: string;
    };
    readonly query: undefined | undefined;
    readonly body: undefined;
    readonly answer: Endpoint;
  };
  /** Change an endpoint. */
  readonly updateEndpoint: {
    readonly path: {
      /** The id of the task, the endpoint, the key, the job or the account. */
      readonly id: string;
    };
    readonly query:
      | {
          /** Why, for the audit log. */
          readonly reason?: string;
        }
      | undefined;
    readonly body: EndpointChange | undefined;
    readonly answer: Endpoint;
  };
  /** Delete an endpoint. */
  readonly deleteEndpoint: {
    readonly path: {
      /** The id of the task, the endpoint, the key, the job or the account. */
      readonly id: string;
    };
    readonly query:
      | {
          /** Why, for the audit log. */
          readonly reason?: string;
        }
      | undefined;
    readonly body: undefined;
    readonly answer: Endpoint;
  };
  /** Rotate an endpoint's secret. */
  readonly rotateEndpointSecret: {
    readonly path: {
      /** The id of the task, the endpoint, the key, the job or the account. */
      readonly id: string;
    };
    readonly query:
      | {
          /** Why, for the audit log. */
          readonly reason?: string;
        }
      | undefined;
    readonly body: SecretRotation | undefined;
    readonly answer: RotatedSecret;
  };
  /** Test whether a receiver verifies what it gets. */
  readonly testEndpoint: {
    readonly path: {
      /** The id of the task, the endpoint, the key, the job or the account. */
      readonly id: string;
    };
    readonly query:
      | {
          /** Why, for the audit log. */
          readonly reason?: string;
        }
      | undefined;
    readonly body: undefined;
    readonly answer: EndpointTest;
  };
  /** Send an endpoint what it has missed since a moment. */
  readonly recoverEndpoint: {
    readonly path: {
      /** The id of the task, the endpoint, the key, the job or the account. */
      readonly id: string;
    };
    readonly query:
      | {
          /** Why, for the audit log. */
          readonly reason?: string;
        }
      | undefined;
    readonly body: Recovery;
    readonly answer: Recovered;
  };
  /** List an endpoint's deliveries, newest first. */
  readonly endpointDeliveries: {
    readonly path: {
      /** The id of the task, the endpoint, the key, the job or the account. */
      readonly id: string;
    };
    readonly query:
      | {
          /** Rows of a page; 20 by default. */
          readonly limit?: number;
          /** Only those of this status. */
          readonly status?: 'pending' | 'delivered' | 'exhausted';
          /** Made at or after. */
          readonly from?: string;
          /** Made before. */
          readonly to?: string;
          /** An HTTP status or a cause (`timeout`) that any of its calls met. */
          readonly code?: number | 'dns' | 'address' | 'connect' | 'tls' | 'timeout' | 'connection' | 'status';
          /** `next_cursor` of the page before. */
          readonly cursor?: string;
        }
      | undefined;
    readonly body: undefined;
    readonly answer: DeliveryList;
  };
  /** Send one of an endpoint's deliveries again. */
  readonly replayEndpointDelivery: {
    readonly path: {
      /** The id of the task, the endpoint, the key, the job or the account. */
      readonly id: string;
      /** The id of the delivery. */
      readonly delivery: string;
    };
    readonly query:
      | {
          /** Why, for the audit log. */
          readonly reason?: string;
        }
      | undefined;
    readonly body: undefined;
    readonly answer: Delivery;
  };
  /** Rotate the secret that signs the `?webhook=` calls of the account. */
  readonly rotateWebhookSecret: {
    readonly path: undefined;
    readonly query:
      | {
          /** An account's id, with a key that may operate; your own account by default. */
          readonly account?: string;
          /** Why, for the audit log. */
          readonly reason?: string;
        }
      | undefined;
    readonly body: SecretRotation | undefined;
    readonly answer: RotatedSecret;
  };
  /** List all accounts, oldest first. */
  readonly listAccounts: {
    readonly path: undefined;
    readonly query:
      | {
          /** Rows of a page; 20 by default. */
          readonly limit?: number;
          /** `next_cursor` of the page before. */
          readonly cursor?: string;
          /** Only accounts whose name contains this, in any case. */
          readonly name?: string;
        }
      | undefined;
    readonly body: undefined;
    readonly answer: AccountList;
  };
  /** Show the account: its limits, what it uses of them, and its money. */
  readonly getAccount: {
    readonly path: undefined;
    readonly query:
      | {
          /** An account's id, with a key that may operate; your own account by default. */
          readonly account?: string;
        }
      | undefined;
    readonly body: undefined;
    readonly answer: Account;
  };
  /** Change the limits or the money of an account. */
  readonly changeAccount: {
    readonly path: {
      /** The id of the task, the endpoint, the key, the job or the account. */
      readonly id: string;
    };
    readonly query: undefined | undefined;
    readonly body: AccountChange;
    readonly answer: ListedAccount;
  };
  /** Suspend an account. */
  readonly suspendAccount: {
    readonly path: {
      /** The id of the task, the endpoint, the key, the job or the account. */
      readonly id: string;
    };
    readonly query: undefined | undefined;
    readonly body: Why | undefined;
    readonly answer: ListedAccount;
  };
  /** Resume a suspended account. */
  readonly resumeAccount: {
    readonly path: {
      /** The id of the task, the endpoint, the key, the job or the account. */
      readonly id: string;
    };
    readonly query: undefined | undefined;
    readonly body: Why | undefined;
    readonly answer: ListedAccount;
  };
  /** Show what was spent. */
  readonly getSpend: {
    readonly path: undefined;
    readonly query:
      | {
          /** `day` by default. */
          readonly by?: 'day' | 'model' | 'code' | 'account';
          /** First UTC day; by default the first of `to`'s month. */
          readonly from?: string;
          /** Last UTC day, by default today; 93 days at most. */
          readonly to?: string;
          /** An account's id, with a key that may operate; your own account by default. */
          readonly account?: string;
          /** `next_cursor` of an earlier page of `by=account`. */
          readonly cursor?: string;
        }
      | undefined;
    readonly body: undefined;
    readonly answer: Spend;
  };
  /** Make a key. */
  readonly createKey: {
    readonly path: undefined;
    readonly query:
      | {
          /** An account's id, with a key that may operate; your own account by default. */
          readonly account?: string;
          /** Why, for the audit log. */
          readonly reason?: string;
        }
      | undefined;
    readonly body: NewKey | undefined;
    readonly answer: CreatedKey;
  };
  /** List the keys of the account. */
  readonly listKeys: {
    readonly path: undefined;
    readonly query:
      | {
          /** An account's id, with a key that may operate; your own account by default. */
          readonly account?: string;
        }
      | undefined;
    readonly body: undefined;
    readonly answer: KeyList;
  };
  /** Revoke a key. */
  readonly revokeKey: {
    readonly path: {
      /** The id of the task, the endpoint, the key, the job or the account. */
      readonly id: string;
    };
    readonly query:
      | {
          /** An account's id, with a key that may operate; your own account by default. */
          readonly account?: string;
          /** Why, for the audit log. */
          readonly reason?: string;
        }
      | undefined;
    readonly body: undefined;
    readonly answer: Key;
  };
  /** Show the gate. */
  readonly getGate: {
    readonly path: undefined;
    readonly query: undefined | undefined;
    readonly body: undefined;
    readonly answer: Gate;
  };
  /** Pause the gate: nothing more is submitted to Get3W. */
  readonly pauseGate: {
    readonly path: undefined;
    readonly query:
      | {
          /** Why, for the audit log. */
          readonly reason?: string;
          /** When the gate resumes without an operator, within thirty days; never by default. */
          readonly until?: string;
        }
      | undefined;
    readonly body: undefined;
    readonly answer: Gate;
  };
  /** Resume the gate. */
  readonly resumeGate: {
    readonly path: undefined;
    readonly query:
      | {
          /** Why, for the audit log. */
          readonly reason?: string;
        }
      | undefined;
    readonly body: undefined;
    readonly answer: Gate;
  };
  /** List what people did to the relay, newest first. */
  readonly listAudit: {
    readonly path: undefined;
    readonly query:
      | {
          /** Rows of a page; 20 by default. */
          readonly limit?: number;
          /** `next_cursor` of the page before. */
          readonly cursor?: string;
          /** Only acts on things of this account. */
          readonly account?: string;
          /** Only acts of this kind. */
          readonly action?:
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
          /** Done at or after. */
          readonly from?: string;
          /** Done before. */
          readonly to?: string;
        }
      | undefined;
    readonly body: undefined;
    readonly answer: AuditList;
  };
  /** Read metrics of the relay from CloudWatch. */
  readonly readMetrics: {
    readonly path: undefined;
    readonly query: {
      /** One to ten names, separated by commas. */
      readonly name: string;
      /** `code=http-429`, or `code=*` for a series of each code. */
      readonly dimensions?: string;
      /** `Sum` by default. */
      readonly statistic?: 'Sum' | 'Average' | 'Minimum' | 'Maximum' | 'SampleCount' | 'p50' | 'p90' | 'p99';
      /** Seconds; 60 by default. `all`: one point for the whole time, of up to 30 days. */
      readonly period?: number | 'all';
      /** Three hours before `to` by default. A day alone is the moment at which it begins, in UTC. */
      readonly from?: string;
      /** Now by default. A day alone is the moment at which it begins, in UTC. */
      readonly to?: string;
    };
    readonly body: undefined;
    readonly answer: Metrics;
  };
  /** List the alarms of the relay. */
  readonly listAlarms: {
    readonly path: undefined;
    readonly query: undefined | undefined;
    readonly body: undefined;
    readonly answer: Alarms;
  };
  /** Show when alarms went on and off. */
  readonly readAlarmHistory: {
    readonly path: undefined;
    readonly query:
      | {
          /** 24 hours before `to` by default. A day alone is the moment at which it begins, in UTC. */
          readonly from?: string;
          /** Now by default. A day alone is the moment at which it begins, in UTC. */
          readonly to?: string;
          /** Of one alarm only. */
          readonly name?: string;
        }
      | undefined;
    readonly body: undefined;
    readonly answer: AlarmHistory;
  };
  /** Acknowledge an alarm that is on. */
  readonly acknowledgeAlarm: {
    readonly path: undefined;
    readonly query: undefined | undefined;
    readonly body: Acknowledge;
    readonly answer: Alarm;
  };
  /** Whether the relay answers. */
  readonly health: {
    readonly path: undefined;
    readonly query: undefined | undefined;
    readonly body: undefined;
    readonly answer: Health;
  };
}
