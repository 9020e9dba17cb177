// Whether and when the outputs of a task are kept, as its submit or a setting chose it, and what follows at its end.
// keep-job.ts has the work itself.
import { outputAddresses } from './output-addresses.ts';
import type { KeepChoice } from './media-settings.ts';

/** Whether the task's webhook goes at once, or waits until its outputs are kept. */
export type KeepMode = 'after-end' | 'before-webhook';

/** Undefined for a task whose outputs are not kept. */
export function keepModeOf(choice: KeepChoice): KeepMode | undefined {
  if (choice === 'no') return undefined;
  return choice === 'yes' ? 'after-end' : 'before-webhook';
}

/** The parts of a task that decide it. */
interface EndedTask {
  readonly keep?: KeepMode;
  readonly status: string;
  readonly result?: { readonly outputs: unknown };
}

export function hasOutputsToKeep({ keep, status, result }: EndedTask): boolean {
  return keep !== undefined && status === 'completed' && outputAddresses(result?.outputs).length > 0;
}

/** Whether a task's end leaves its event to the keep stage. */
export function holdsEvent(task: EndedTask): boolean {
  return task.keep === 'before-webhook' && hasOutputsToKeep(task);
}
