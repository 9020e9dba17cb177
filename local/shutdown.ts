// Stops what was started, phase by phase, in whatever order it was started and however far the start had come. Each
// step bounds its own time; one that fails does not keep the others from running.

/**
 * Callers first, so that no new work begins; then Get3W, whose callbacks continue at the next start; then the gateway,
 * the functions that it called, and what the functions used.
 */
const phases = ['callers', 'simulator', 'gateway', 'functions', 'logs', 'services'] as const;

type ShutdownPhase = (typeof phases)[number];

export class Shutdown {
  readonly #ends: { readonly phase: ShutdownPhase; readonly end: () => Promise<void> | void }[] = [];

  add(phase: ShutdownPhase, end: () => Promise<void> | void): void {
    this.#ends.push({ phase, end });
  }

  /** @returns the errors of failed steps. */
  async run(): Promise<readonly unknown[]> {
    const ends = this.#ends.splice(0);
    const errors: unknown[] = [];
    for (const phase of phases) {
      const now = ends.filter((step) => step.phase === phase);
      for (const result of await Promise.allSettled(now.map(async ({ end }) => end()))) {
        if (result.status === 'rejected') errors.push(result.reason);
      }
    }
    return errors;
  }
}
