// One run of one function: everything it awaits passes through here, so that it can be slowed, failed and killed at any
// await, as Lambda does when a machine dies or the time is up. What was in its memory is then lost; what was on its way
// out may still arrive. host.ts decides which function runs when.
import { RelayError } from '../../core/domain/relay-error.ts';
import type { CallFate, Faults } from './faults.ts';
import type { VirtualTime } from './virtual-time.ts';

interface CallOptions<Value> {
  readonly kind: 'read' | 'write' | 'other';
  /** What happens at the other end, at one instant. Must not throw: the world has no answer to that. */
  readonly apply: () => Promise<Value>;
  /** Runs instead of `delay` drawn at random. */
  readonly delayMs?: number;
}

export class Invocation {
  readonly name: string;
  readonly #time: VirtualTime;
  readonly #faults: Faults;
  readonly #trace: ((line: string) => void) | undefined;
  #onKilled: (() => void) | undefined;
  #skewMs: number;
  /** Writes that were applied and whose answers never reached the function: what it did not learn, it did not count. */
  lostAnswers = 0;

  constructor(name: string, time: VirtualTime, faults: Faults, trace?: (line: string) => void) {
    this.name = name;
    this.#time = time;
    this.#faults = faults;
    this.#trace = trace;
    this.#skewMs = faults.skewMs();
  }

  /** Called once when it is killed; not when it has answered before. */
  onKilled(listener: () => void): void {
    this.#onKilled = listener;
  }

  get isOver(): boolean {
    return this.#onKilled === undefined;
  }

  /** It has answered: Lambda freezes it, with whatever it still awaits. */
  finish(): void {
    this.#onKilled = undefined;
  }

  kill(why: string): void {
    const listener = this.#onKilled;
    if (!listener) return;
    this.#note(`killed: ${why}`);
    this.#onKilled = undefined;
    listener();
  }

  now(): number {
    // A clock that is set while a function runs.
    if (this.#faults.isOn && this.#faults.dice.isLucky(0.02)) this.#skewMs = this.#faults.skewMs();
    return this.#time.now() + this.#skewMs;
  }

  /**
   * One call to the world outside.
   * @throws RelayError `store-unavailable` when it fails, applied or not.
   */
  call<Value>(what: string, { kind, apply, delayMs }: CallOptions<Value>): Promise<Value> {
    const drawn = this.#faults.fateOf(kind);
    const fate = delayMs === undefined ? drawn : { ...drawn, delayMs };
    // Of a function that is killed in between, half of the calls are already on the wire.
    const isOnItsWay = this.#faults.isOn ? this.#faults.dice.isLucky(0.5) : true;
    return new Promise((resolve, reject) => {
      if (this.isOver) return;
      this.#time.after(fate.delayMs, () => {
        if (this.isOver && !isOnItsWay) return;
        void this.#arrive(what, fate, kind, apply, resolve, reject);
      });
    });
  }

  async #arrive<Value>(
    what: string,
    { fault }: CallFate,
    kind: CallOptions<Value>['kind'],
    apply: () => Promise<Value>,
    resolve: (value: Value) => void,
    reject: (error: unknown) => void,
  ): Promise<void> {
    this.#note(fault ? `${what} ${fault}` : what);
    if (fault === 'crashes-before') return this.kill(what);
    if (fault === 'fails') return reject(new RelayError('store-unavailable', 'The store gave no answer'));
    const value = await apply();
    if (kind === 'write' && (fault !== undefined || this.isOver)) this.lostAnswers += 1;
    if (fault === 'crashes-after') return this.kill(what);
    if (this.isOver) return;
    if (fault === 'lies') return reject(new RelayError('store-unavailable', 'The answer of the store was lost'));
    resolve(value);
  }

  #note(line: string): void {
    this.#trace?.(`${this.name}: ${line}`);
  }
}
