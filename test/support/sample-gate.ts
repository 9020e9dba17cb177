// Gates as a flow may have read them, for tests of what follows from such a view.
import { newGate } from '../../core/domain/gate/gate.ts';
import { queueName } from '../../core/domain/task/slot.ts';
import { NOW } from './sample-task.ts';
import type { ModelHealth } from '../../core/domain/gate/circuit.ts';
import type { Gate } from '../../core/domain/gate/gate.ts';
import type { GateSettings } from '../../core/domain/gate/gate-settings.ts';
import type { AccountQueues, GateView } from '../../core/domain/gate/gate-view.ts';
import type { SlotKind } from '../../core/domain/task/slot.ts';

interface SampleView {
  readonly queues?: readonly AccountQueues[];
  readonly models?: Readonly<Record<string, ModelHealth>>;
  readonly isWhole?: boolean;
}

export function sampleGate(
  settings: GateSettings,
  counters: Readonly<Record<string, number>> = {},
  parts: Partial<Gate> = {},
): Gate {
  return { ...newGate('default', settings, NOW), counters, ...parts };
}

export function viewOf(gate: Gate, { queues = [], models = {}, isWhole = true }: SampleView = {}): GateView {
  return {
    gate,
    queues: new Map(queues.map((account) => [account.accountId, account])),
    models: new Map(Object.entries(models)),
    isWhole,
  };
}

/** The queues of one account: how many tasks of each model wait. */
export function queuesOf(
  accountId: string,
  tasks: Readonly<Record<string, number>>,
  { kind = 'fresh', ...parts }: Partial<AccountQueues> & { readonly kind?: SlotKind } = {},
): AccountQueues {
  const waiting = Object.entries(tasks).map(([model, count]) => [queueName({ kind, model }), count] as const);
  return { accountId, weight: 1, waiting: Object.fromEntries(waiting), ...parts };
}
