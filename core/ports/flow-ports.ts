// The ports that every flow which changes tasks needs, under one name. What only one stage needs is in its own flow.
// ports.ts defines each port.
import type { RandomSource, Clock, Doorbells, GateStore, Log, MetricSink, TaskStore } from './ports.ts';
import type { Places } from './places.ts';
import type { DecideContext } from '../domain/task/task-transitions.ts';
import type { RelaySettings } from '../domain/settings.ts';

export interface FlowPorts {
  readonly store: TaskStore & GateStore;
  readonly places: Places;
  readonly doorbells: Doorbells;
  readonly clock: Clock;
  readonly randomSource: RandomSource;
  readonly metrics: MetricSink;
  readonly log: Log;
  readonly settings: RelaySettings;
}

export function decideContext({ clock, randomSource, settings }: FlowPorts): DecideContext {
  return {
    now: clock.now(),
    random: () => randomSource.random(),
    settings,
  };
}
