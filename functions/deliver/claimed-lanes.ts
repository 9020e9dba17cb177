// The lanes that one run of the function holds, by name: the run makes its calls to one of them directly, without
// enqueueing the deliveries in the table. With many events at once that saves most of the cost of a delivery. The
// claimer of a lane has it worked; lane-worker.ts works it.
import { claimLane } from './lane-worker.ts';
import { RunShares } from './run-share.ts';
import type { RunShare } from './run-share.ts';
import type { LaneWorker } from './lane-worker.ts';
import type { DeliverPorts, LaneName } from './deliver-ports.ts';

export class ClaimedLanes {
  readonly #ports: DeliverPorts;
  readonly #claims = new Map<string, Promise<LaneWorker | undefined>>();

  readonly #direct = new Map<string, number>();
  readonly #shares: RunShares;

  constructor(ports: DeliverPorts) {
    this.#ports = ports;
    this.#shares = new RunShares(ports);
  }

  /** The claim of this run, under way or finished with any result; undefined when it has not asked for the lane. */
  known({ laneId }: LaneName): Promise<LaneWorker | undefined> | undefined {
    return this.#claims.get(laneId);
  }

  /** As claimLane. A lane that is not ours now may be at the next try. */
  claim(name: LaneName, options?: { readonly isQuiet?: boolean }): Promise<LaneWorker | undefined> {
    const claim = claimLane(this.#ports, name, { ...options, share: this.#shares.of(name.accountId) });
    this.#claims.set(name.laneId, claim);
    return claim;
  }

  /** What the run may do for the account of a lane. */
  share({ accountId }: Pick<LaneName, 'accountId'>): RunShare {
    return this.#shares.of(accountId);
  }

  /**
   * Whether the run may make one more of at most `callsMax` calls past a lane that it does not hold; ended by
   * endDirect.
   */
  beginDirect({ laneId }: LaneName, callsMax: number): boolean {
    const calls = this.#direct.get(laneId) ?? 0;
    if (this.#claims.has(laneId) || calls >= callsMax) return false;
    this.#direct.set(laneId, calls + 1);
    return true;
  }

  endDirect({ laneId }: LaneName): void {
    this.#direct.set(laneId, (this.#direct.get(laneId) ?? 0) - 1);
  }

  /** At the end of the run, when no lane is being worked any more. */
  end(): Promise<void> {
    return this.#shares.giveBack();
  }
}
