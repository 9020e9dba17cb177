// Get3W as a simulated world sees it: concurrent tasks up to a limit, a duration, an outcome, one webhook, and a ledger of
// what was accepted, charged and refunded under which request id. Small on purpose and written apart from simulator:
// two readings of the same contract, so that a mistake in one shows against the other.
import {
  codeText,
  errorTextOf,
  garbledBodies,
  garbledStatuses,
  oddities,
  outputsText,
  retryAfters,
} from './nonsense.ts';
import type { Dice } from './dice.ts';
import type { Faults } from './faults.ts';
import type { Oddity } from './nonsense.ts';
import type { VirtualTime } from './virtual-time.ts';
import type { Get3wPlan, SpellManner } from './world-plan.ts';
import type { SubmitRequest } from '../../core/ports/ports.ts';

/** A task at Get3W. */
export interface LedgerEntry {
  readonly id: string;
  readonly requestId: string;
  readonly callbackUrl: string | undefined;
  readonly model: string;
  readonly acceptedAt: number;
  /** Undefined while at work. */
  endedAt: number | undefined;
  /** The task code it ended with. */
  code: number | undefined;
  isRefunded: boolean;
  readonly oddity: Oddity | undefined;
  /** How many it gives. */
  readonly outputs: number;
}

/** The answer to a POST, before the network changes it. */
export type Reply =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly text: string;
      readonly retryAfter?: string | undefined;
    }
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'timeout' };

type CallWebhook = (callbackUrl: string, body: string) => void;

interface Get3wOptions {
  readonly plan: Get3wPlan;
  readonly time: VirtualTime;
  readonly faults: Faults;
  readonly callWebhook: CallWebhook;
  /** Called for every POST that arrives. */
  readonly onPost: (request: SubmitRequest) => void;
  /** Called with each answer, before the network changes it. */
  readonly onAnswer?: (reply: Reply) => void;
}

function errorBody(code: number, error: string): string {
  return JSON.stringify({ code, error });
}

function answer(status: number, error: string, retryAfter?: string): Reply {
  return {
    kind: 'answer',
    status,
    text: errorBody(status, error),
    retryAfter,
  };
}

export class Get3wModel {
  readonly #options: Get3wOptions;
  readonly #entries = new Map<string, LedgerEntry>();
  readonly #byRequest = new Map<string, LedgerEntry[]>();
  /** As many tasks as it lets run now. */
  slots: number;
  running = 0;
  runningMax = 0;
  posts = 0;
  polls = 0;
  limited = 0;
  /** Time that its slots were or will be taken, for all tasks so far. */
  busyMs = 0;

  constructor(options: Get3wOptions) {
    this.#options = options;
    this.slots = options.plan.slots;
  }

  get entries(): readonly LedgerEntry[] {
    return [...this.#entries.values()];
  }

  entriesOf(requestId: string): readonly LedgerEntry[] {
    return this.#byRequest.get(requestId) ?? [];
  }

  /** A POST arrives. */
  receive(request: SubmitRequest): Reply {
    const reply = this.#reply(request);
    this.#options.onAnswer?.(reply);
    return reply;
  }

  #reply(request: SubmitRequest): Reply {
    const { plan, faults, onPost } = this.#options;
    const spell = faults.spellOn(request.model)?.manner;
    if (spell === 'unreachable' || faults.strikes('requestsLost')) return { kind: 'unreachable' };
    if (spell === 'resetting' && faults.dice.isLucky(0.5)) return { kind: 'reset' };
    if (faults.talksNonsense('connectionsDead')) return { kind: faults.nonsenseDice.pick(['reset', 'timeout']) };
    this.posts += 1;
    onPost(request);
    const refusal = refusalDuring(spell, this.#retryAfter());
    if (refusal) return refusal;
    if (this.running >= this.slots || faults.dice.isLucky(plan.limitedShare)) {
      this.limited += 1;
      return answer(429, 'Rate limit exceeded', this.#retryAfter());
    }
    const entry = this.#accept(request, spell === 'failing');
    if (spell === 'resetting' || faults.strikes('answersLost')) {
      // It took the task all the same, and its callback tells the relay so.
      this.#options.onAnswer?.({ kind: 'answer', status: 200, text: '' });
      return { kind: 'reset' };
    }
    const garbled = this.#garbled(spell === 'gateway-down');
    if (garbled) return garbled;
    const estimate = Math.round((plan.durationMeanMs / 1_000) * faults.dice.pick([1, 1, 0.2, 5]));
    const created = { id: entry.id, status: 'created', estimated_duration: estimate };
    return { kind: 'answer', status: 200, text: JSON.stringify(created) };
  }

  /** A GET of a task arrives. */
  poll(id: string): Reply {
    const { faults } = this.#options;
    this.polls += 1;
    const entry = this.#entries.get(id);
    if (faults.spellOn(entry?.model ?? '')?.manner === 'unreachable' || faults.strikes('requestsLost')) {
      return { kind: 'unreachable' };
    }
    if (!entry) return answer(404, 'Not found');
    if (faults.talksNonsense('connectionsDead')) return { kind: faults.nonsenseDice.pick(['reset', 'timeout']) };
    const garbled = this.#garbled(false);
    if (garbled) return garbled;
    return { kind: 'answer', status: 200, text: taskObject(entry) };
  }

  /** What a gateway answers in Get3W's place, who knows why. */
  #garbled(isDown: boolean): Reply | undefined {
    const { faults } = this.#options;
    const { nonsenseDice: dice } = faults;
    if (faults.talksNonsense('answersOdd')) {
      return { kind: 'answer', status: dice.pick(garbledStatuses), text: dice.pick(garbledBodies) };
    }
    const isGarbled = isDown || faults.strikes('answersGarbled');
    return isGarbled ? { kind: 'answer', status: 502, text: '<html>Bad Gateway</html>' } : undefined;
  }

  #retryAfter(): string | undefined {
    const { faults, time } = this.#options;
    return faults.talksNonsense('retryAfterOdd') ? faults.nonsenseDice.pick(retryAfters(time.now())) : undefined;
  }

  #accept({ requestId, model, callbackUrl }: SubmitRequest, isFailing: boolean): LedgerEntry {
    const { plan, time, faults } = this.#options;
    const entry: LedgerEntry = {
      id: `g3-${this.#entries.size + 1}`,
      requestId,
      callbackUrl,
      model,
      acceptedAt: time.now(),
      endedAt: undefined,
      code: undefined,
      isRefunded: false,
      outputs: plan.outputs ?? 1,
      oddity: faults.talksNonsense('outcomesOdd') ? faults.nonsenseDice.pick(oddities) : undefined,
    };
    this.#entries.set(entry.id, entry);
    this.#byRequest.set(requestId, [...(this.#byRequest.get(requestId) ?? []), entry]);
    this.running += 1;
    this.runningMax = Math.max(this.runningMax, this.running);
    const { dice } = faults;
    if (faults.isOn && dice.isLucky(plan.endlessShare)) return entry;
    const code = isFailing ? 5003 : drawCode(plan, dice);
    const durationMs = dice.logNormal(plan.durationMeanMs, plan.durationSigma);
    this.busyMs += durationMs;
    time.after(durationMs, () => this.#end(entry, code));
    return entry;
  }

  #end(entry: LedgerEntry, code: number): void {
    const { time, faults, callWebhook } = this.#options;
    entry.endedAt = time.now();
    entry.code = code;
    entry.isRefunded = code >= 5_000;
    this.running -= 1;
    const { callbackUrl } = entry;
    if (callbackUrl === undefined || faults.strikes('webhooksLost')) return;
    const body = faults.strikes('webhooksGarbled')
      ? faults.dice.pick(['', '{"id":', '{"status":"who knows"}'])
      : taskObject(entry);
    const copies = faults.strikes('webhooksDoubled') ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      const lateMs = faults.strikes('webhooksLate') ? faults.dice.between(1_000, 900_000) : faults.dice.between(1, 100);
      time.after(lateMs, () => callWebhook(callbackUrl, body));
    }
    if (faults.strikes('webhooksForged'))
      callWebhook(forge(callbackUrl), taskObject({ ...entry, id: 'forged', code: 0 }));
  }
}

/** What tasks come to is life and no fault of the network: it goes on when the faults are over. */
function drawCode({ transientShare, transientCodes, fatalShare }: Get3wPlan, dice: Dice): number {
  if (dice.isLucky(transientShare)) return dice.pick(transientCodes);
  return dice.isLucky(fatalShare) ? dice.pick([1200, 1405]) : 0;
}

function refusalDuring(spell: SpellManner | undefined, retryAfter: string | undefined): Reply | undefined {
  switch (spell) {
    case 'own-500':
      return answer(500, 'Server error', retryAfter);
    case 'unauthorised':
      return answer(401, 'Invalid or revoked API key');
    case 'unpaid':
      return answer(403, 'Insufficient balance');
    case 'limited-with-retry-after':
      return answer(429, 'Rate limit exceeded', retryAfter ?? '7');
    default:
      return undefined;
  }
}

/** The outputs name the task, so that an auditor can see whose success a job ended with. */
function outputOf(id: string): string {
  return `https://outputs.get3w.example/${id}.png`;
}

/** Its outputs as JSON text, where it has succeeded. */
export function outputsOf({ id, oddity, outputs }: LedgerEntry): string {
  const further = Array.from({ length: outputs - 1 }, (_, index) => `${outputOf(id)}?${index + 2}`);
  return outputsText(outputOf(id), oddity, further);
}

/** Put together as text: some of it is nothing that JSON.stringify could write. */
function taskObject(entry: LedgerEntry): string {
  const { id, model, code, oddity } = entry;
  const status = code === undefined ? 'processing' : code === 0 ? 'completed' : 'failed';
  const isFailure = code !== undefined && code !== 0;
  const parts = [
    JSON.stringify({ id, model, status }).slice(0, -1),
    `"code":${code === undefined ? 'null' : isFailure ? codeText(code, oddity) : '0'}`,
    `"outputs":${code === 0 ? outputsOf(entry) : 'null'}`,
    `"error":${isFailure ? errorTextOf(code, oddity) : 'null'}`,
  ];
  return `${parts.join(',')}}`;
}

/** The same address with another secret, as an attacker would try who has seen the ids. */
function forge(callbackUrl: string): string {
  return callbackUrl.slice(0, -20) + 'f'.repeat(20);
}
