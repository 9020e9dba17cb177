// The gate, kept fresh for the views that show it.
import { useRelay } from './relay-context.ts';
import { usualPace } from './pace.ts';
import { usePolled } from './use-polled.ts';
import type { PublicGate } from '../../../core/http/public-gate.ts';
import type { Polled } from './use-polled.ts';

export function useGate(): Polled<PublicGate> {
  const { client, local } = useRelay();
  return usePolled({
    key: 'gate',
    pace: () => usualPace(local),
    load: (signal) => client.get<PublicGate>('/v1/gate', signal),
  });
}
