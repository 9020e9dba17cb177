// Get3W of a load world: a bound of tasks at once, a POST that takes time, work, and one webhook. A task counts from
// the beginning of its POST. Records when slots are freed and how long each is idle until the next POST.
import { readUpstreamTask } from '../../core/domain/task/upstream-task.ts';
import type { PollAnswer, Provider, SubmitAnswer, SubmitRequest } from '../../core/ports/ports.ts';
import type { Dice } from './dice.ts';
import type { LoadPlan } from './load-plan.ts';
import type { VirtualTime } from './virtual-time.ts';

interface LoadGet3wOptions {
  readonly plan: LoadPlan;
  readonly time: VirtualTime;
  readonly dice: Dice;
  readonly isMeasured: () => boolean;
  readonly callWebhook: (url: string, body: string) => void;
}

interface Upstream {
  readonly id: string;
  readonly request: SubmitRequest;
  readonly beganAt: number;
  code: number | undefined;
}

export class LoadGet3w implements Provider {
  readonly #options: LoadGet3wOptions;
  readonly #tasks = new Map<string, Upstream>();
  /** When slots came free that are free now, in order. */
  readonly #freedAt: number[] = [];
  readonly handOversMs: number[] = [];
  readonly #posted = new Set<string>();
  /** When the first POST of each task began. */
  readonly postedAt = new Map<string, number>();
  /** When each task ended here that is not recorded yet. */
  readonly endedAt = new Map<string, number>();
  running = 0;
  /** Tasks at work and webhooks on their way. */
  pending = 0;
  posts = 0;
  limited = 0;
  /** POSTs of tasks that had one under way already. */
  twice = 0;
  busyMs = 0;

  constructor(options: LoadGet3wOptions) {
    this.#options = options;
  }

  async submit(request: SubmitRequest): Promise<SubmitAnswer> {
    const { plan, time, dice, isMeasured } = this.#options;
    if (this.running >= plan.slots) {
      this.limited += 1;
      await time.sleep(dice.between(20, 60));
      return { kind: 'refused', failure: { level: 'http', code: 429, text: 'Rate limit exceeded' } };
    }
    this.running += 1;
    this.pending += 1;
    if (this.#posted.has(request.requestId)) this.twice += 1;
    this.#posted.add(request.requestId);
    if (!this.postedAt.has(request.requestId)) this.postedAt.set(request.requestId, time.now());
    if (isMeasured()) this.posts += 1;
    const freedAt = this.#freedAt.shift();
    if (freedAt !== undefined && isMeasured()) this.handOversMs.push(time.now() - freedAt);
    const upstream: Upstream = { id: `g3-${this.#tasks.size + 1}`, request, beganAt: time.now(), code: undefined };
    this.#tasks.set(upstream.id, upstream);
    const postMs = dice.logNormal(plan.postMs, 0.4);
    time.after(postMs + dice.logNormal(plan.workMs, 0.5), () => this.#end(upstream));
    await time.sleep(postMs);
    return { kind: 'accepted', upstreamId: upstream.id, estimatedMs: plan.workMs };
  }

  async poll(upstreamId: string): Promise<PollAnswer> {
    const { time, dice } = this.#options;
    await time.sleep(dice.between(20, 60));
    const task = this.#tasks.get(upstreamId);
    const outcome = task?.code === undefined ? undefined : readUpstreamTask(bodyOf(task))?.outcome;
    return outcome ? { kind: 'ended', outcome } : { kind: 'running' };
  }

  /** Slots' time used since `from`, tasks that are still at work included. */
  busySince(from: number): number {
    const now = this.#options.time.now();
    let sum = this.busyMs;
    for (const { code, beganAt } of this.#tasks.values()) if (code === undefined) sum += now - Math.max(beganAt, from);
    return sum;
  }

  #end(task: Upstream): void {
    const { plan, time, dice, isMeasured, callWebhook } = this.#options;
    const now = time.now();
    this.running -= 1;
    this.#freedAt.push(now);
    if (isMeasured()) this.busyMs += now - Math.max(task.beganAt, plan.warmMs + STARTS_AT);
    this.#posted.delete(task.request.requestId);
    this.endedAt.set(task.request.requestId, now);
    task.code = dice.isLucky(plan.transientShare) ? 5_003 : 0;
    const { callbackUrl } = task.request;
    const withheldMs = Math.max(0, STARTS_AT + (plan.withheldUntilMs ?? 0) - now);
    time.after(dice.between(8, 20) + (withheldMs > 0 ? withheldMs + dice.between(0, 1_000) : 0), () => {
      this.pending -= 1;
      if (callbackUrl !== undefined) callWebhook(callbackUrl, bodyOf(task));
    });
  }
}

export const STARTS_AT = Date.UTC(2026, 0, 1);

function bodyOf({ id, code, request }: Upstream): string {
  const outputs = code === 0 ? [`https://outputs.get3w.example/2026/01/${request.requestId}/${id}.png`] : null;
  const status = code === 0 ? 'completed' : 'failed';
  const error = code === 0 ? null : 'The model is not available';
  return JSON.stringify({ id, model: request.model, status, code, outputs, error });
}
