// What a deployment may choose about the gate: its limit, its probes and pauses, its circuits.
// Defaults and their reasons are in settings.ts, which puts all settings together.

export interface GateSettings {
  /** Slots that the gate starts with when Get3W's limit is not configured. */
  readonly limitStart: number;
  /** The configured limit, or the highest that the gate may learn. */
  readonly limitMax: number;
  /** Share of the slots that retries may take while fresh tasks wait; at least one slot. */
  readonly retryShare: number;
  /** First wait before a probe above a limit that was learned from a 429; doubles with each failed probe. */
  readonly limitProbeMs: number;
  readonly limitProbeMaxMs: number;
  /** Pause after repeated 429s without `Retry-After`; doubles while they continue. */
  readonly pauseBaseMs: number;
  readonly pauseMaxMs: number;
  /** Wait between probes while Get3W refuses the account (401, 403). */
  readonly accountProbeMs: number;
  readonly accountProbeMaxMs: number;
  readonly circuit: {
    /** Failures in a row that open a model's circuit. */
    readonly outcomesMin: number;
    /** Share of failures from which a model is left alone: a success takes away as many failures as go with it at this share. */
    readonly failureShare: number;
    /** First wait before a probe of an open circuit; doubles while probes fail. */
    readonly probeMs: number;
    readonly probeMaxMs: number;
  };
}
