// Whose turn it is to grant a gate's slots where many functions want to at once. Each begins without asking; one that
// finds another faster takes a short lease, or leaves the slots to its holder, which looks once more before it ends.
// The lease is for speed only: two holders at once lose races, never slots.
import type { HeldPlace } from '../ports/places.ts';
import type { FlowPorts } from '../ports/flow-ports.ts';

/**
 * How long others leave the slots to a holder that has died or is frozen: a second's worth of slots that no function grants
 * is lost for good, while renewing costs one write in several rounds.
 */
const LEASE_MS = 600;
/** A round or two take less than what is left of a lease when it is renewed. */
const RENEWED_AT_SHARE = 2 / 3;

export class AllocatorTurn {
  readonly #ports: FlowPorts;
  readonly #pool: string;
  readonly #leaseMs: number;
  #held: HeldPlace | undefined;

  /** @param leaseMs how long others leave the slots to it if it dies. */
  constructor(ports: FlowPorts, gateId: string, leaseMs: number = LEASE_MS) {
    this.#ports = ports;
    this.#leaseMs = leaseMs;
    this.#pool = `allocate#${gateId}`;
  }

  /** True while this function is the one that grants the slots. */
  get isHeld(): boolean {
    return this.#held !== undefined && this.#held.until > this.#ports.clock.now();
  }

  /** Asked before a round: whether another function grants the slots just now. */
  async isAnothers(): Promise<boolean> {
    if (this.#held) return false;
    try {
      return await this.#ports.places.isFull(this.#pool, 1);
    } catch (error) {
      this.#ports.log.warn('Whose turn it is to grant slots could not be read', { error });
      return false;
    }
  }

  /** @returns false when another has it; the holder sees in its last look what it has not seen yet. */
  async take(): Promise<boolean> {
    const { places, clock, log } = this.#ports;
    if (this.#held && this.#held.until > clock.now()) return true;
    try {
      const taken = await places.take(this.#pool, 1, this.#leaseMs);
      this.#held = taken.kind === 'taken' ? taken.place : undefined;
      return taken.kind === 'taken';
    } catch (error) {
      log.warn('The turn to grant slots could not be taken; it goes on without', { error });
      return true;
    }
  }

  /** Called between two rounds: a turn that is held goes on to be, unless another has it meanwhile. */
  async keep(): Promise<void> {
    const held = this.#held;
    const { places, clock, log } = this.#ports;
    if (!held || held.until - clock.now() > this.#leaseMs * RENEWED_AT_SHARE) return;
    try {
      this.#held = await places.renew(held, this.#leaseMs);
    } catch (error) {
      log.warn('The turn to grant slots could not be renewed; it goes on until its lease ends', { error });
    }
  }

  /** @returns whether it was held: then others may have left slots to its holder, which looks once more. */
  async end(): Promise<boolean> {
    const held = this.#held;
    if (!held) return false;
    this.#held = undefined;
    try {
      await this.#ports.places.giveBack(held);
    } catch (error) {
      this.#ports.log.warn('The turn to grant slots could not be given back; it ends with its lease', { error });
    }
    return true;
  }
}
