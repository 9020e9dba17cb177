// What goes wrong next: the draws of one world's faults, all off once its first phase is over.
// Invocations, queues and Get3W decide where a fault strikes.
import { Dice } from './dice.ts';
import type { FaultRates, Outage, Spell, WorldPlan } from './world-plan.ts';
import type { VirtualTime } from './virtual-time.ts';

/** What befalls one call of a function to the world outside. */
export interface CallFate {
  readonly delayMs: number;
  /** `lies`: the call is applied and its answer is an error. */
  readonly fault?: 'fails' | 'lies' | 'crashes-before' | 'crashes-after' | undefined;
}

export class Faults {
  readonly #plan: WorldPlan;
  readonly #time: VirtualTime;
  readonly #startsAt: number;
  readonly dice: Dice;
  /** Apart from the others, so that a world without nonsense is the same world as ever. */
  readonly nonsenseDice: Dice;

  constructor(plan: WorldPlan, time: VirtualTime, dice: Dice) {
    this.#plan = plan;
    this.#time = time;
    this.#startsAt = time.now();
    this.dice = dice;
    this.nonsenseDice = new Dice(plan.seed ^ 0x2545f491);
  }

  /** Milliseconds since the world began. */
  elapsedMs(): number {
    return this.#time.now() - this.#startsAt;
  }

  get isOn(): boolean {
    return this.elapsedMs() < this.#plan.faultsUntil;
  }

  /** Whether this fault strikes now. */
  strikes(name: keyof FaultRates): boolean {
    return this.isOn && this.dice.isLucky(this.#plan.rates[name]);
  }

  /** The same of the faults that make little sense. */
  talksNonsense(name: keyof FaultRates): boolean {
    return this.isOn && this.nonsenseDice.isLucky(this.#plan.rates[name]);
  }

  isDown(what: Outage['of']): boolean {
    const now = this.elapsedMs();
    return this.#plan.outages.some(({ of, from, until }) => of === what && from <= now && now < until);
  }

  /** The spell that Get3W is under, for this model. */
  spellOn(model: string): Spell | undefined {
    const now = this.elapsedMs();
    return this.#plan.get3w.spells.find(
      ({ from, until, model: only }) => from <= now && now < until && (only === undefined || only === model),
    );
  }

  /** @param kind writes may lie, everything may crash; failures of queues and of Get3W are drawn by those. */
  fateOf(kind: 'read' | 'write' | 'other'): CallFate {
    const [low, high] = this.#plan.callMs;
    const delayMs = this.strikes('callsCrawl') ? this.dice.between(500, 15_000) : this.dice.between(low, high);
    if (this.strikes('crashes')) {
      return { delayMs, fault: this.dice.isLucky(0.5) ? 'crashes-before' : 'crashes-after' };
    }
    if (kind === 'other') return { delayMs };
    if (this.isDown('store') || this.strikes('storeFails')) return { delayMs, fault: 'fails' };
    return kind === 'write' && this.strikes('storeLies') ? { delayMs, fault: 'lies' } : { delayMs };
  }

  skewMs(): number {
    const { clockSkewMs } = this.#plan;
    return clockSkewMs === 0 ? 0 : Math.round(this.dice.between(-clockSkewMs, clockSkewMs));
  }
}
