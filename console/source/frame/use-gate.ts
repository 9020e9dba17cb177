// The gate, kept fresh for the views that show it.
import { useRelay } from './relay-context.ts';
import { usePolled } from './use-polled.ts';
import type { PublicGate } from '../../../core/http/public-gate.ts';
import type { Polled } from './use-polled.ts';

export const GATE_EVERY_MS = 2_000;

export const useGate = (): Polled<PublicGate> => {
  const { client } = useRelay();
  return usePolled({
    key: 'gate',
    everyMs: GATE_EVERY_MS,
    load: (signal) => client.get<PublicGate>('/v1/gate', signal),
  });
};
