// The webhooks of a task, kept fresh: what the relay has sent to each receiver, and what it has still to send.
import { useRelay } from '../frame/relay-context.ts';
import { taskPace } from '../frame/pace.ts';
import { usePolled } from '../frame/use-polled.ts';
import type { PublicDelivery } from '../../../core/http/public-webhook.ts';
import type { Polled } from '../frame/use-polled.ts';

export function useTaskDeliveries(taskId: string): Polled<readonly PublicDelivery[]> {
  const { client, local } = useRelay();
  return usePolled({
    key: `deliveries ${taskId}`,
    pace: () => taskPace(local),
    load: async (signal) => {
      const path = `/v1/requests/${taskId}/deliveries`;
      return (await client.get<{ readonly data: readonly PublicDelivery[] }>(path, signal)).data;
    },
  });
}
