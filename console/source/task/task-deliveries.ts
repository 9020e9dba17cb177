// The webhooks of a task as the page shows them. A relay whose API has no such call shows none.
import { useRelay } from '../frame/relay-context.ts';
import { usePolled } from '../frame/use-polled.ts';
import { RelayRefusal } from '../relay/relay-client.ts';
import type { Polled } from '../frame/use-polled.ts';

export interface TaskDeliveryAttempt {
  readonly attempt: number;
  readonly started_at: string;
  readonly duration_ms: number;
  readonly http_status: number | null;
  /** Where the call broke, in words; null when it was answered. */
  readonly error: string | null;
}

export interface TaskDelivery {
  readonly id: string;
  /** `pending`, `delivered`, `exhausted`. */
  readonly status: string;
  /** Address or endpoint that it goes to. */
  readonly receiver: string;
  readonly next_attempt_at: string | null;
  readonly attempts: readonly TaskDeliveryAttempt[];
}

const DELIVERIES_EVERY_MS = 3_000;

export const useTaskDeliveries = (taskId: string): Polled<readonly TaskDelivery[]> => {
  const { client } = useRelay();
  return usePolled({
    key: `deliveries ${taskId}`,
    everyMs: DELIVERIES_EVERY_MS,
    load: async (signal) => {
      try {
        const { data } = await client.get<{ readonly data: readonly TaskDelivery[] }>(
          `/v1/requests/${taskId}/deliveries`,
          signal,
        );
        return data;
      } catch (error) {
        if (error instanceof RelayRefusal && error.status === 404) return [];
        throw error;
      }
    },
  });
};
