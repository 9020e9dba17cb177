// When alarms went on and off, asked again only when the state of one has changed: every call of CloudWatch is paid for.
import { useRef } from 'preact/hooks';
import { DAY_MS } from '../../../core/domain/time-ms.ts';
import { historyPace } from '../frame/pace.ts';
import { useRelay } from '../frame/relay-context.ts';
import { usePolled } from '../frame/use-polled.ts';
import { queryOf } from '../relay/relay-client.ts';
import type { PublicAlarmHistory, PublicAlarms } from '../../../core/http/monitoring.ts';
import type { Polled } from '../frame/use-polled.ts';

/** CloudWatch keeps no longer. */
export const HISTORY_MS = 30 * DAY_MS;

interface AlarmHistory extends Polled<PublicAlarmHistory> {
  /** The answer before while another is asked for. */
  readonly latest: PublicAlarmHistory | undefined;
}

/** @param fromMs the beginning, or how long ago it is for a time that moves on. */
export function useAlarmHistory(
  alarms: PublicAlarms | undefined,
  fromMs: { readonly at: number } | { readonly ago: number },
): AlarmHistory {
  const { client } = useRelay();
  const changed = alarms?.alarms.reduce((last, { since }) => (since !== null && since > last ? since : last), '') ?? '';
  const key = `history ${JSON.stringify(fromMs)} ${changed}`;
  const polled = usePolled({
    key,
    pace: historyPace,
    load: (signal) => {
      const now = Date.now();
      const from = Math.max('at' in fromMs ? fromMs.at : now - fromMs.ago, now - HISTORY_MS);
      const query = queryOf({ from: new Date(from).toISOString() });
      return client.get<PublicAlarmHistory>(`/v1/monitoring/alarms/history${query}`, signal);
    },
  });
  const before = useRef<PublicAlarmHistory>(undefined);
  if (polled.value) before.current = polled.value;
  return { ...polled, latest: polled.refusal ? undefined : before.current };
}
