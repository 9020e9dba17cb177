// The ports of the keep stage, and what its parts derive from them.
// handler.ts fills them with adapters, tests with memory doubles.
import type { RandomSource, Clock, Doorbells, Log, MetricSink, TaskStore } from '../../core/ports/ports.ts';
import type { KeepStore } from '../../core/ports/keep-store.ts';
import type { OutputBucket, OutputSource } from '../../core/ports/output-ports.ts';
import type { KeepContext } from '../../core/domain/media/decide-keep.ts';
import type { RelaySettings } from '../../core/domain/settings.ts';

export interface KeepPorts {
  readonly store: KeepStore & Pick<TaskStore, 'loadTask'>;
  readonly source: OutputSource;
  readonly bucket: OutputBucket;
  readonly doorbells: Doorbells;
  readonly clock: Clock;
  readonly randomSource: RandomSource;
  readonly metrics: MetricSink;
  readonly log: Log;
  readonly settings: RelaySettings;
  /** The relay's own address, without a slash at its end. */
  readonly relayUrl: string;
}

export function keepContext({ clock, randomSource, settings }: KeepPorts): KeepContext {
  return {
    now: clock.now(),
    random: () => randomSource.random(),
    settings: settings.media,
  };
}
