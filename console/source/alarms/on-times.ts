// When alarms were on in a time: from the changes that the history has, and from their present state where it has none.
import type { PublicAlarm, PublicAlarmHistory } from '../../../core/http/monitoring.ts';

/** Milliseconds since the epoch. */
export interface TimeSpan {
  readonly from: number;
  readonly to: number;
}

export interface OnTimes {
  readonly name: string;
  /** Oldest first. */
  readonly spans: readonly TimeSpan[];
}

/**
 * @param history up to now, whatever the time shown: what an alarm was before it is known by what it became.
 * @param shown spans are cut to it.
 */
export function onTimes(
  alarms: readonly PublicAlarm[],
  history: PublicAlarmHistory,
  shown: TimeSpan,
  now: number,
): readonly OnTimes[] {
  const begin = Math.max(Date.parse(history.from), Date.parse(history.complete_from));
  const names = new Set([...alarms.map(({ name }) => name), ...history.changes.map(({ name }) => name)]);
  const all = [...names].map((name): OnTimes => {
    const turns = history.changes.filter((change) => change.name === name).toReversed();
    const first = turns[0]?.previous ?? alarms.find((alarm) => alarm.name === name)?.state;
    let onSince = first === 'ALARM' ? begin : undefined;
    const spans: TimeSpan[] = [];
    for (const { state, at } of turns) {
      if (state === 'ALARM') onSince ??= Date.parse(at);
      else if (onSince !== undefined) {
        spans.push({ from: onSince, to: Date.parse(at) });
        onSince = undefined;
      }
    }
    if (onSince !== undefined) spans.push({ from: onSince, to: now });
    return { name, spans: spans.flatMap((span) => cut(span, shown)) };
  });
  const firstOn = ({ spans }: OnTimes): number => spans[0]?.from ?? 0;
  return all.filter(({ spans }) => spans.length > 0).sort((one, other) => firstOn(one) - firstOn(other));
}

function cut({ from, to }: TimeSpan, shown: TimeSpan): TimeSpan[] {
  const span = { from: Math.max(from, shown.from), to: Math.min(to, shown.to) };
  return span.from < span.to ? [span] : [];
}
