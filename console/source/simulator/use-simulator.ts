// The simulator's settings as the sliders show them: a change applies at once, then the relay's answer to it; polled
// answers apply only while no change is under way. So no slider jumps back during a drag.
import { useEffect, useRef, useState } from 'preact/hooks';
import { usePolled } from '../frame/use-polled.ts';
import { changeSimulator, readSimulator } from '../relay/local-runtime.ts';
import { RelayRefusal } from '../relay/relay-client.ts';
import type { SimulatorChange, SimulatorSettings } from '../relay/local-runtime.ts';
import type { Polled } from '../frame/use-polled.ts';

/** Only a local relay has it. */
const pace = { everyMs: 5_000, idleMs: 5_000 };

interface SimulatorControl {
  readonly polled: Polled<SimulatorSettings>;
  readonly settings: SimulatorSettings | undefined;
  /** Why the simulator refused the last change. */
  readonly refusal: string | undefined;
  readonly apply: (change: SimulatorChange) => void;
}

export function useSimulator(): SimulatorControl {
  const polled = usePolled({ key: 'simulator', pace: () => pace, load: readSimulator });
  const [settings, setSettings] = useState<SimulatorSettings>();
  const [refusal, setRefusal] = useState<string>();
  const underWay = useRef({ count: 0, last: Promise.resolve() });

  useEffect(() => {
    if (underWay.current.count === 0 && polled.value) setSettings(polled.value);
  }, [polled.value]);

  const send = async (change: SimulatorChange): Promise<void> => {
    try {
      const answer = await changeSimulator(change);
      setRefusal(undefined);
      if (underWay.current.count === 1) setSettings(answer);
    } catch (error) {
      if (!(error instanceof RelayRefusal)) throw error;
      setRefusal(error.message);
      setSettings(polled.value);
      polled.refresh();
    } finally {
      underWay.current.count -= 1;
    }
  };
  const apply = (change: SimulatorChange): void => {
    setSettings((before) => before && merged(before, change));
    underWay.current.count += 1;
    // One after the other, or an older change could overtake a newer one.
    underWay.current.last = underWay.current.last.then(() => send(change));
  };
  return { polled, settings, refusal, apply };
}

function merged(before: SimulatorSettings, { webhook, ...others }: SimulatorChange): SimulatorSettings {
  return {
    ...before,
    ...others,
    webhook: { ...before.webhook, ...webhook },
  };
}
