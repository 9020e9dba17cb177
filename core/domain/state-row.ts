// How a state machine tells of one of its states where it stands: for whoever reads the code, and for the tables that
// docs/architecture.md has of it (`npm run docs:states`).

export interface StateRow {
  /** What brings it into this state. */
  readonly entered: string;
  /** What can be relied on while it is in it. */
  readonly holds: string;
  /** What takes it out; none for a final one. */
  readonly leaves: readonly string[];
}
