// Which alarms an operator has acknowledged, as a port: one for each alarm that is on. An adapter keeps them in the table,
// a memory double in tests.

export interface Acknowledgement {
  /** The key's own name, or that of its account. */
  readonly by: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly reason?: string;
  /** When the alarm went on that it is for: it does not count for a later time. */
  readonly since: number;
}

export interface Acknowledgements {
  /** By the alarm's own name; those that are over may be among them. */
  read(): Promise<Readonly<Record<string, Acknowledgement>>>;
  /**
   * Replaces an earlier one of the same alarm.
   * @param over those of alarms that are no longer on, as they were read: removed unless another has been written since.
   */
  write(
    alarm: string,
    acknowledgement: Acknowledgement,
    over: Readonly<Record<string, Acknowledgement>>,
  ): Promise<void>;
}
