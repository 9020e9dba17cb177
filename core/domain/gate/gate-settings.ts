// What a deployment may choose about the gate: its limit, its probes and pauses, its circuits.
// Defaults and their reasons are in settings.ts, which puts all settings together.

export interface GateSettings {
  /**
   * Slots that the gate starts with when Get3W's limit is not configured.
   * @change to the limit of your Get3W tier, as `limitMax`: the gate then learns nothing the hard way.
   */
  readonly limitStart: number;
  /**
   * The configured limit, or the highest that the gate may learn.
   * @change to the limit of your Get3W tier.
   */
  readonly limitMax: number;
  /**
   * Share of the slots that retries may take while fresh tasks wait; at least one slot.
   * @change lower when retries of one bad model slow fresh tasks down.
   */
  readonly retryShare: number;
  /** Slots from which a gate has pools (slot-pools.ts), where it is not the usual number; no deployment sets it. */
  readonly pooledFrom?: number;
  /**
   * First wait before a probe above a limit that was learned from a 429; doubles with each failed probe.
   * @change shorter when Get3W raises your limit often.
   */
  readonly limitProbeMs: number;
  /**
   * The longest such wait.
   * @change shorter to notice a raised limit sooner, at the price of 429s.
   */
  readonly limitProbeMaxMs: number;
  /**
   * Pause after repeated 429s without `Retry-After`; doubles while they continue.
   * @change longer when Get3W answers 429 in bursts.
   */
  readonly pauseBaseMs: number;
  /**
   * The longest such pause.
   * @change as above.
   */
  readonly pauseMaxMs: number;
  /**
   * First wait between probes while Get3W refuses the account (401, 403); doubles while it does.
   * @change shorter when a new key or a top-up must take effect sooner.
   */
  readonly accountProbeMs: number;
  /**
   * The longest such wait.
   * @change as above.
   */
  readonly accountProbeMaxMs: number;
  readonly circuit: {
    /**
     * Failures in a row that open a model's circuit.
     * @change lower for models with few tasks, higher where failures come in bursts and pass.
     */
    readonly outcomesMin: number;
    /**
     * Share of failures from which a model is left alone: a success takes away as many failures as go with it at this
     * share.
     * @change lower when attempts of a bad model cost more than its few successes are worth.
     */
    readonly failureShare: number;
    /**
     * First wait before a probe of an open circuit; doubles while probes fail.
     * @change shorter for models whose outages last seconds.
     */
    readonly probeMs: number;
    /**
     * The longest such wait.
     * @change shorter when a recovered model must be back sooner.
     */
    readonly probeMaxMs: number;
  };
}
