// How the alarms stand, asked for once for the whole page: the bar counts them, two views show them.
import { useRelay } from '../frame/relay-context.ts';
import { usePolled } from '../frame/use-polled.ts';
import type { PublicAlarms } from '../../../core/http/monitoring.ts';
import type { Polled } from '../frame/use-polled.ts';

export const ALARMS_EVERY_MS = 10_000;
const ALARMS_LOCAL_EVERY_MS = 2_000;

export const useAlarms = (): Polled<PublicAlarms> => {
  const { client, local } = useRelay();
  return usePolled({
    key: 'alarms',
    everyMs: local ? ALARMS_LOCAL_EVERY_MS : ALARMS_EVERY_MS,
    load: (signal) => client.get<PublicAlarms>('/v1/monitoring/alarms', signal),
  });
};
