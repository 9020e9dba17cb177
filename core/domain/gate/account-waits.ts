// Who waits at the gate, by account, as operators see it: how many tasks, which share, how long one more would wait.
// Pure; gate-view.ts knows the queues.
import { estimatedWaitMs, shareOf, tasksIn, waitingWeightOf } from './gate-view.ts';
import type { GateView } from './gate-view.ts';

interface AccountWait {
  readonly accountId: string;
  readonly weight: number;
  readonly tasks: number;
  /** Of the slots, 0 to 1, while all that wait want more. */
  readonly share: number;
  /** What one more of its tasks would wait; undefined until the gate knows how long slots are held, or while it is paused. */
  readonly waitMs: number | undefined;
}

/** The accounts that wait, those with most tasks first. */
export function accountWaits(view: GateView, isPaused: boolean): readonly AccountWait[] {
  const gate = { ...view.gate, waitingWeight: waitingWeightOf(view) ?? view.gate.waitingWeight ?? 0 };
  return [...view.queues.values()]
    .filter((account) => tasksIn(account) > 0)
    .map((account) => ({
      accountId: account.accountId,
      weight: account.weight,
      tasks: tasksIn(account),
      share: shareOf(gate, account.weight, true),
      waitMs: isPaused ? undefined : estimatedWaitMs(gate, account, account.weight),
    }))
    .sort((one, other) => other.tasks - one.tasks);
}
