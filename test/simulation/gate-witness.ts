// Judges the gate by what Get3W answered and by what arrived there, never by the gate's own state: after a 429 with
// Retry-After no POST comes until it is over, after a 401 or 403 probes alone come, far apart. Where answers are lost or
// functions die the gate cannot guarantee that, so only calm worlds are judged.
import type { Reply } from './get3w-model.ts';
import type { WorldPlan } from './world-plan.ts';

interface GateWitnessOptions {
  readonly plan: Pick<WorldPlan, 'callMs' | 'settings'>;
  readonly isCalm: boolean;
  readonly now: () => number;
  readonly report: (problem: string) => void;
}

/** Between an answer of Get3W and the last POST that did not know of it: a batch of claims, each some calls long. */
const UNAWARE_MS = 1_000;
const UNAWARE_CALLS = 15;

export class GateWitness {
  readonly #options: GateWitnessOptions;
  readonly #unawareMs: number;
  /** Retry-After of a 429: said when, over when. */
  #pause: { readonly saidAt: number; readonly until: number } | undefined;
  /** Since then every answer was 401 or 403. */
  #refusedSince: number | undefined;
  /** The last POST that can have known of it. */
  #probedAt: number | undefined;

  constructor(options: GateWitnessOptions) {
    this.#options = options;
    this.#unawareMs = UNAWARE_MS + UNAWARE_CALLS * options.plan.callMs[1];
  }

  /** A POST has arrived. */
  posted(): void {
    const { isCalm, now, report } = this.#options;
    if (!isCalm) return;
    const at = now();
    const { saidAt = 0, until = 0 } = this.#pause ?? {};
    if (at > saidAt + this.#unawareMs && at < until) report(`a POST came ${until - at} ms before Retry-After was over`);
    this.#checkProbe(at);
  }

  /** While an account is refused, probes alone come, and the gate waits between them. */
  #checkProbe(at: number): void {
    const since = this.#refusedSince;
    if (since === undefined || at <= since + this.#unawareMs) return;
    const waitedMs = at - (this.#probedAt ?? since);
    const { accountProbeMs } = this.#options.plan.settings.gate;
    const { report } = this.#options;
    if (waitedMs < accountProbeMs - this.#unawareMs) report(`a refused account was probed after ${waitedMs} ms`);
    this.#probedAt = at;
  }

  /** What it was answered. */
  answered(reply: Reply): void {
    if (reply.kind !== 'answer') return;
    const at = this.#options.now();
    const isRefusal = reply.status === 401 || reply.status === 403;
    // A refused account outranks a Retry-After, which is then no longer waited for.
    if (isRefusal) [this.#refusedSince, this.#pause] = [this.#refusedSince ?? at, undefined];
    else [this.#refusedSince, this.#probedAt] = [undefined, undefined];
    const retryAfterMs = Number(reply.retryAfter) * 1_000;
    if (reply.status === 429 && retryAfterMs > 0) this.#pause = { saidAt: at, until: at + retryAfterMs };
  }
}
