// The zone that times are written in, for components that have to be drawn again when another is chosen.
import { useEffect, useState } from 'preact/hooks';
import { currentZone, onZone } from '../parts/zone.ts';
import type { Zone } from '../parts/zone.ts';

export function useZone(): Zone {
  const [shown, setShown] = useState(currentZone);
  useEffect(() => {
    const listener = (): void => setShown(currentZone());
    // Another may have been chosen between the first rendering and now.
    listener();
    return onZone(listener);
  }, []);
  return shown;
}
