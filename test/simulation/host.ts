// Lambda: starts functions over the ports of the world and kills those that take too long. A function that was killed or
// threw shows only that; its caller decides what follows.
import { Invocation } from './invocation.ts';
import type { LeaseStore } from '../../core/ports/lease-store.ts';
import type { ErasePorts } from '../../functions/api/erase-call.ts';
import type { KeepPorts } from '../../functions/keep/keep-ports.ts';
import type { KeptPorts } from '../../functions/api/kept-ports.ts';
import type { DispatchPorts } from '../../functions/dispatch/submit-attempt.ts';
import type { SettlePorts } from '../../functions/settle/flow.ts';
import type { SweepPorts } from '../../functions/sweep/flow.ts';
import type { EndpointStore, EventStore } from '../../core/ports/webhook-ports.ts';
import type { Places } from '../../core/ports/places.ts';
import type { AccountStore, Prices, TaskCreation, TaskListing } from '../../core/ports/ports.ts';
import type { Faults } from './faults.ts';
import type { VirtualTime } from './virtual-time.ts';

type Stage = 'api' | 'dispatch' | 'settle' | 'keep' | 'deliver' | 'sweep';

/** Timeouts as the stack sets them; of keep for the minute that a download may take in these worlds. */
export const timeoutsMs: Record<Stage, number> = {
  api: 30_000,
  dispatch: 40_000,
  settle: 30_000,
  keep: 78_000,
  deliver: 40_000,
  sweep: 60_000,
};

export type WorldPorts = DispatchPorts &
  SettlePorts &
  KeepPorts &
  ErasePorts &
  SweepPorts & {
    readonly store: TaskCreation;
    readonly accounts: AccountStore;
    readonly kept: KeptPorts['kept'];
    readonly signer: KeptPorts['signer'];
    readonly listing: TaskListing;
    readonly places: Places;
    readonly prices: Prices;
    readonly leases: Pick<LeaseStore, 'leased'>;
    /** What deliver asks of the store in a world without receivers. */
    readonly handing: Pick<EventStore, 'loadEvent' | 'guardEvent' | 'noteDeliveries' | 'closeEvent'> &
      Pick<EndpointStore, 'loadReceivers'>;
  };

export type Ended<Value> =
  | { readonly kind: 'answered'; readonly value: Value }
  | { readonly kind: 'threw'; readonly error: unknown }
  | { readonly kind: 'killed' };

export class Host {
  readonly #time: VirtualTime;
  readonly #faults: Faults;
  readonly #portsFor: (invocation: Invocation) => WorldPorts;
  readonly #trace: ((line: string) => void) | undefined;
  #started = 0;
  readonly #all: Invocation[] = [];

  constructor(
    time: VirtualTime,
    faults: Faults,
    portsFor: (invocation: Invocation) => WorldPorts,
    trace?: (line: string) => void,
  ) {
    this.#time = time;
    this.#faults = faults;
    this.#portsFor = portsFor;
    this.#trace = trace;
  }

  /** Runs a function. `onEnd` is called once, also when it is killed. */
  start<Value>(
    stage: Stage,
    work: (ports: WorldPorts) => Promise<Value>,
    onEnd: (end: Ended<Value>) => void,
  ): Invocation {
    this.#started += 1;
    const invocation = new Invocation(`${stage} ${this.#started}`, this.#time, this.#faults, this.#trace);
    this.#all.push(invocation);
    invocation.onKilled(() => onEnd({ kind: 'killed' }));
    this.#time.after(timeoutsMs[stage], () => invocation.kill('timeout'));
    const end = (ended: Ended<Value>): void => {
      if (invocation.isOver) return;
      invocation.finish();
      onEnd(ended);
    };
    work(this.#portsFor(invocation)).then(
      (value) => end({ kind: 'answered', value }),
      (error: unknown) => end({ kind: 'threw', error }),
    );
    return invocation;
  }

  /** Writes in all whose answers never came to the function that made them. */
  get lostAnswers(): number {
    return this.#all.reduce((sum, { lostAnswers }) => sum + lostAnswers, 0);
  }
}
