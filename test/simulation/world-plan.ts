// What a simulated world is made of: who submits what and when, what goes wrong and how often, and until when.
// draw-world.ts makes one from a seed; the outage and the limit world are written by hand. world.ts plays it.
import type { PriceTable } from '../../core/domain/money/price-table.ts';
import type { RelaySettings } from '../../core/domain/settings.ts';

/** Probabilities, each of one call, message or callback, while faults are on. Zero is off. */
export interface FaultRates {
  /** A call to the store fails and was not applied. */
  readonly storeFails: number;
  /** A write to the store is applied, and its answer is an error all the same. */
  readonly storeLies: number;
  /** A write meets a rival that is not there: the answer to a transaction that collided. */
  readonly storeCollides: number;
  /** The function dies at this very await; half of the time after the call was applied. */
  readonly crashes: number;
  /** A call takes seconds, so that others come in between, and some functions run into their timeout. */
  readonly callsCrawl: number;
  readonly sendsFail: number;
  readonly messagesLost: number;
  readonly messagesDoubled: number;
  readonly messagesLate: number;
  readonly sweepsSkipped: number;
  readonly sweepsDoubled: number;
  readonly indexStale: number;
  /** The POST never arrives; the POST arrives and its answer is lost, garbled by a gateway, or slow. */
  readonly requestsLost: number;
  readonly answersLost: number;
  readonly answersGarbled: number;
  readonly answersSlow: number;
  readonly webhooksLost: number;
  readonly webhooksDoubled: number;
  readonly webhooksLate: number;
  readonly webhooksGarbled: number;
  readonly webhooksForged: number;
  /** The connection had died idle: nothing arrives, and the caller learns of it by a reset or by silence. */
  readonly connectionsDead: number;
  /** A gateway answers in Get3W's place with any status and body that prove nothing; by then the POST has arrived. */
  readonly answersOdd: number;
  /** A refusal of Get3W's carries a Retry-After that makes little sense, or none. */
  readonly retryAfterOdd: number;
  /** A task ends in a way that cannot be stored, or only with care. */
  readonly outcomesOdd: number;
}

export const noFaults: FaultRates = {
  storeFails: 0,
  storeLies: 0,
  storeCollides: 0,
  crashes: 0,
  callsCrawl: 0,
  sendsFail: 0,
  messagesLost: 0,
  messagesDoubled: 0,
  messagesLate: 0,
  sweepsSkipped: 0,
  sweepsDoubled: 0,
  indexStale: 0,
  requestsLost: 0,
  answersLost: 0,
  answersGarbled: 0,
  answersSlow: 0,
  webhooksLost: 0,
  webhooksDoubled: 0,
  webhooksLate: 0,
  webhooksGarbled: 0,
  webhooksForged: 0,
  connectionsDead: 0,
  answersOdd: 0,
  retryAfterOdd: 0,
  outcomesOdd: 0,
};

/** How Get3W behaves during a spell; `failing`: it accepts tasks, and they end with 5003. */
export type SpellManner =
  | 'failing'
  | 'own-500'
  | 'gateway-down'
  | 'unreachable'
  | 'resetting'
  | 'unauthorised'
  | 'unpaid'
  | 'limited-with-retry-after';

/** Times are milliseconds from the beginning of the world. */
export interface Spell {
  readonly manner: SpellManner;
  readonly from: number;
  readonly until: number;
  /** One model only, where it is about a model. */
  readonly model?: string | undefined;
}

export interface Get3wPlan {
  /** Concurrent tasks; the rest is refused with 429. */
  readonly slots: number;
  readonly durationMeanMs: number;
  readonly durationSigma: number;
  /** Share of the submits refused with 429 though a slot is free. */
  readonly limitedShare: number;
  /** Shares of the tasks that come to nothing, by how. */
  readonly transientShare: number;
  readonly transientCodes: readonly [number, ...number[]];
  readonly fatalShare: number;
  readonly endlessShare: number;
  readonly spells: readonly Spell[];
  /** Outputs of each task; one where it is absent. */
  readonly outputs?: number;
}

/** What goes wrong where outputs are kept: shares of the downloads, and of the calls of the bucket. */
export interface KeepPlan {
  readonly downloadsFail: number;
  readonly downloadsCut: number;
  /** They take seconds to a minute. */
  readonly downloadsSlow: number;
  readonly bucketFails: number;
}

/** Something of AWS is down: every call to it fails. */
export interface Outage {
  readonly of: 'store' | 'queues';
  readonly from: number;
  readonly until: number;
}

export interface PlannedAccount {
  readonly id: string;
  readonly weight: number;
  readonly concurrentTasksMax?: number | undefined;
  /** Money of accounts that have any, in micro-dollars. */
  readonly balanceMicros?: number | undefined;
  readonly dayBudgetMicros?: number | undefined;
  readonly monthBudgetMicros?: number | undefined;
}

/** One thing that a client wants done. */
export interface PlannedJob {
  readonly at: number;
  readonly accountId: string;
  readonly model: string;
  readonly prioritySeconds: number;
  /** With a key the client asks again until it has an answer. */
  readonly hasKey: boolean;
  readonly cancelAfterMs?: number | undefined;
  /** The client puts a failed task back, so often. */
  readonly retries: number;
  /** As in the query of its submit. */
  readonly keep?: 'true' | 'before-webhook';
  /** The client erases the task, so long after it has seen its end. */
  readonly eraseAfterMs?: number | undefined;
}

export interface WorldPlan {
  readonly seed: number;
  readonly settings: RelaySettings;
  readonly get3w: Get3wPlan;
  readonly accounts: readonly PlannedAccount[];
  readonly jobs: readonly PlannedJob[];
  readonly prices: PriceTable;
  /** Absent in worlds in which no task keeps its outputs. */
  readonly keep?: KeepPlan;
  readonly rates: FaultRates;
  readonly outages: readonly Outage[];
  readonly operatorPauses: readonly { readonly from: number; readonly until: number }[];
  /** Clocks of functions differ from true time by up to this much either way, and jump within it. */
  readonly clockSkewMs: number;
  /** An ordinary call takes between these. */
  readonly callMs: readonly [number, number];
  /** Functions of one stage that may run at once. */
  readonly concurrency: number;
  readonly batchMessagesMax: number;
  /** From here on nothing goes wrong any more. */
  readonly faultsUntil: number;
  /** By here everything must have ended. */
  readonly endsBy: number;
}
