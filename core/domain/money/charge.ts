// What a task costs its account, as the task has it: its price, and why the amount is held or given back.
// task-money.ts derives the reason from the task; derived-counts.ts what follows for the account.

export type ChargeReason =
  /** Not ended. */
  | 'reserved'
  | 'completed'
  /** It succeeded at Get3W after the relay had ended it. */
  | 'late-success'
  /** Get3W accepted it and failed it by a code that it does not refund. */
  | 'failed-work'
  /** An earlier run cost, before an operator or its client put it back. */
  | 'earlier-run'
  /** It has ended, and Get3W may still work on it. */
  | 'open'
  /** It has ended, and nothing shows whether Get3W did the work. */
  | 'doubt'
  /** The same, where `charging.doubts` is false. */
  | 'doubt-given-back'
  /** As `failed-work`, where `charging.failedWork` is false. */
  | 'failed-work-given-back'
  /** A code that Get3W refunds. */
  | 'service-failure'
  | 'not-submitted'
  /** Get3W refused the request before it accepted it. */
  | 'refused'
  /** Cancelled while Get3W had accepted nothing that costs. */
  | 'cancelled';

/** Whether an amount is held for this reason, and shown as charged, reserved, in doubt or given back. */
export const chargeStates = {
  reserved: 'reserved',
  completed: 'charged',
  'late-success': 'charged',
  'failed-work': 'charged',
  'earlier-run': 'charged',
  open: 'in-doubt',
  doubt: 'in-doubt',
  'doubt-given-back': 'given-back',
  'failed-work-given-back': 'given-back',
  'service-failure': 'given-back',
  'not-submitted': 'given-back',
  refused: 'given-back',
  cancelled: 'given-back',
} as const satisfies Readonly<Record<ChargeReason, 'reserved' | 'charged' | 'in-doubt' | 'given-back'>>;

export interface TaskMoney {
  /** By the table at its submit, in micro-dollars. */
  readonly priceMicros: number;
  /** The UTC day of the budget that it is reserved from; absent while its account has neither balance nor budget. */
  readonly day?: number;
  readonly reason: ChargeReason;
  /** Set once a run has cost, so that no later run makes it free. */
  readonly isSpent?: true;
}

export interface ChargingSettings {
  /**
   * Whether a task that Get3W accepted and then failed by a code that it does not refund (1xxx) costs its account.
   * @change to false where such failures are yours to pay.
   */
  readonly failedWork: boolean;
  /**
   * Whether an ended task costs its account when nothing shows if Get3W did the work.
   * @change to true where your accounts pay for what you may have paid for.
   */
  readonly doubts: boolean;
}

function isHeld({ reason }: TaskMoney): boolean {
  return chargeStates[reason] !== 'given-back';
}

/** What the account of a task has less because of it. */
export function heldMicros(money: TaskMoney | undefined): number {
  return money?.day !== undefined && isHeld(money) ? money.priceMicros : 0;
}
