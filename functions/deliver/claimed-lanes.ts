// The lanes that one run of the function holds, by name: what the same run brings to one of them is called from its
// hands, without standing in the table first. With many events at once that is most of what a delivery would cost.
// Who works a lane that was taken is the taker's business; how, lane-worker.ts's.
import { claimLane } from './lane-worker.ts';
import { RunShares } from './run-share.ts';
import type { LaneWorker } from './lane-worker.ts';
import type { DeliverPorts, LaneName } from './deliver-ports.ts';

export class ClaimedLanes {
  readonly #ports: DeliverPorts;
  readonly #claims = new Map<string, Promise<LaneWorker | undefined>>();

  readonly #shares: RunShares;

  constructor(ports: DeliverPorts) {
    this.#ports = ports;
    this.#shares = new RunShares(ports);
  }

  /** The claim of this run, under way or made, whatever came of it; undefined when it has not asked for the lane. */
  known({ laneId }: LaneName): Promise<LaneWorker | undefined> | undefined {
    return this.#claims.get(laneId);
  }

  /** As claimLane. A lane that is not ours now may be so at the next try. */
  claim(name: LaneName, options?: { readonly isQuiet?: boolean }): Promise<LaneWorker | undefined> {
    const claim = claimLane(this.#ports, name, { ...options, share: this.#shares.of(name.accountId) });
    this.#claims.set(name.laneId, claim);
    return claim;
  }

  /** At the end of the run, when no lane is worked any more. */
  end(): Promise<void> {
    return this.#shares.giveBack();
  }
}
