// The states of the alarms, polled once for the whole page: the bar counts them, two views show them.
import { useRelay } from '../frame/relay-context.ts';
import { alarmPace } from '../frame/pace.ts';
import { usePolled } from '../frame/use-polled.ts';
import type { PublicAlarms } from '../../../core/http/monitoring.ts';
import type { Polled } from '../frame/use-polled.ts';

export function useAlarms(): Polled<PublicAlarms> {
  const { client, local } = useRelay();
  return usePolled({
    key: 'alarms',
    pace: () => alarmPace(local),
    load: (signal) => client.get<PublicAlarms>('/v1/monitoring/alarms', signal),
  });
}
