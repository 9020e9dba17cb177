// The relay's settings on one machine: receivers on loopback are allowed, and under --quick every wait is short enough
// to watch. core/domain/settings.ts documents the settings.
import { resolveSettings } from '../../lib/relay-settings.ts';
import type { RelaySettingsOverrides } from '../../lib/relay-settings.ts';

export interface LocalPace {
  /** True for waits of seconds in place of minutes. */
  readonly isQuick: boolean;
  /** False when Get3W cannot reach this machine; tasks are then polled. */
  readonly callbacks: boolean;
  /** Whether the simulator plays Get3W. */
  readonly isSimulated: boolean;
}

/** For every policy, including those of single errors: backoff from one second to five. */
const quickBackoff = { baseMs: 1_000, capMs: 5_000 };

export function localSettings({ isQuick, callbacks, isSimulated }: LocalPace): RelaySettingsOverrides {
  return {
    ...(isQuick && quickSettings()),
    callbacks,
    // The simulator can run hundreds at once; for a real account the limit is learned, starting low.
    gate: { ...(isQuick && quickGate), ...(isSimulated && { limitStart: 20 }) },
    deliveries: {
      ...(isQuick && quickDeliveries),
      // A receiver under development listens on this machine, without a certificate.
      addresses: { openSubnets: ['127.0.0.0/8', '::1/128'], isHttpOpen: true },
    },
  };
}

const quickDeliveries = {
  scheduleMs: [0, 1_000, 2_000, 3_000, 3_000, 3_000, 3_000, 3_000, 3_000, 3_000],
  pauseBaseMs: 1_000,
  pauseMaxMs: 3_000,
};

function quickSettings(): RelaySettingsOverrides {
  return {
    retry: Object.fromEntries(Object.keys(resolveSettings().retry).map((key) => [key, quickBackoff])),
    // A submit that hangs is abandoned, and its lease and its doubt end within half a minute.
    submitTimeoutMs: 5_000,
    leaseMs: 21_000,
    doubtHoldMs: 8_000,
    orphanHoldMs: 30_000,
    // Twice as long as a burst of submits delays a doorbell on a slow machine: the sweep should send again only lost
    // doorbells, not late ones.
    graceMs: 10_000,
    pollMinMs: 3_000,
    pollMaxMs: 10_000,
    media: quickMedia,
  };
}

/** A run that was killed leaves its outputs to the next one after half a minute. Tiny files are sent, the others redirected to. */
const quickMedia = {
  downloadTimeoutMs: 10_000,
  silenceMs: 3_000,
  retryBaseMs: 500,
  retryCapMs: 3_000,
  streamBytesMax: 100,
};

const quickGate = {
  limitProbeMs: 3_000,
  limitProbeMaxMs: 60_000,
  pauseBaseMs: 500,
  pauseMaxMs: 5_000,
  accountProbeMs: 3_000,
  accountProbeMaxMs: 10_000,
  circuit: { probeMs: 2_000, probeMaxMs: 10_000 },
};
