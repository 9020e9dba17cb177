// What a deployment on one machine chooses of the relay's settings: receivers on loopback are open, and under --quick
// every wait is short enough to watch. What the settings mean is told in the domain.
import { resolveSettings } from '../../lib/relay-settings.ts';
import type { RelaySettingsOverrides } from '../../lib/relay-settings.ts';

export interface LocalPace {
  /** Waits of seconds in place of minutes. */
  readonly isQuick: boolean;
  /** False where Get3W cannot reach this machine: then it is polled. */
  readonly callbacks: boolean;
  /** Whether the simulator stands in for Get3W. */
  readonly isSimulated: boolean;
}

/** Every policy alike, those of single errors too: backoff from one second to five. */
const quickBackoff = { baseMs: 1_000, capMs: 5_000 };

export function localSettings({ isQuick, callbacks, isSimulated }: LocalPace): RelaySettingsOverrides {
  return {
    ...(isQuick && quickSettings()),
    callbacks,
    // The simulator bears hundreds at once; what a real account bears is learned from the little that every one does.
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
    // A submit that hangs is given up, its lease runs out and its doubt ends within half a minute.
    submitTimeoutMs: 5_000,
    leaseMs: 21_000,
    doubtHoldMs: 8_000,
    orphanHoldMs: 30_000,
    // Twice what a burst of submits keeps a doorbell waiting on a slow machine: sweep is to ring what is lost, not late.
    graceMs: 10_000,
    pollMinMs: 3_000,
    pollMaxMs: 10_000,
  };
}

const quickGate = {
  limitProbeMs: 3_000,
  limitProbeMaxMs: 60_000,
  pauseBaseMs: 500,
  pauseMaxMs: 5_000,
  accountProbeMs: 3_000,
  accountProbeMaxMs: 10_000,
  circuit: { probeMs: 2_000, probeMaxMs: 10_000 },
};
