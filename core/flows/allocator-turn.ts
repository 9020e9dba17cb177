// Whose turn it is to grant a gate's slots where many functions want to at once. Each begins without asking; one that
// finds another faster takes a short lease, or leaves the slots to its holder, which looks once more before it ends.
// The lease is for speed only: two holders at once lose races, never slots.
import type { HeldPlace } from '../ports/places.ts';
import type { FlowPorts } from '../ports/flow-ports.ts';

/** How long others leave the slots to a holder that has died. */
const LEASE_MS = 3_000;

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
    return this.#held !== undefined;
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
