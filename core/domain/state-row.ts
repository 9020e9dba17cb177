// How a state machine describes one of its states next to its code: for readers of the code, and for the tables in
// docs/architecture.md (`npm run docs:states`).

export interface StateRow {
  /** What brings it into this state. */
  readonly entered: string;
  /** What can be relied on while it is in it. */
  readonly holds: string;
  /** What takes it out; none for a final one. */
  readonly leaves: readonly string[];
}
