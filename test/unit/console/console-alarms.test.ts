// When the overview says that alarms were on: from changes, from the present state, and only as far as is known.
import { describe, expect, it } from 'vitest';
import { onTimes } from '../../../console/source/alarms/on-times.ts';
import type { PublicAlarm, PublicAlarmHistory } from '../../../core/http/monitoring.ts';

function at(minute: number): string {
  return new Date(Date.UTC(2026, 2, 1, 12, minute)).toISOString();
}

function ms(minute: number): number {
  return Date.parse(at(minute));
}

function alarm(name: string, state: PublicAlarm['state']): PublicAlarm {
  return { name, state } as PublicAlarm;
}

type Turn = [minute: number, name: string, previous: PublicAlarm['state'], state: PublicAlarm['state']];

/** The latest first, as the API answers. */
function history(turns: readonly Turn[], completeFrom = 0): PublicAlarmHistory {
  const changes = turns
    .toSorted(([one], [other]) => other - one)
    .map(([minute, name, previous, state]) => ({ name, at: at(minute), previous, state, reason: '' }));
  return { from: at(0), to: at(60), complete_from: at(completeFrom), changes };
}

function minutesOn(alarms: readonly PublicAlarm[], past: PublicAlarmHistory, [from, to] = [0, 60]) {
  const shown = { from: ms(from ?? 0), to: ms(to ?? 60) };
  return onTimes(alarms, past, shown, ms(60)).map(({ name, spans }) => [
    name,
    ...spans.map((span) => [(span.from - ms(0)) / 60_000, (span.to - ms(0)) / 60_000]),
  ]);
}

describe('when alarms were on', () => {
  const turns: readonly Turn[] = [
    [10, 'A', 'OK', 'ALARM'],
    [20, 'A', 'ALARM', 'OK'],
    [30, 'A', 'OK', 'ALARM'],
    [5, 'B', 'ALARM', 'INSUFFICIENT_DATA'],
  ];
  const alarms = [alarm('A', 'ALARM'), alarm('B', 'OK'), alarm('C', 'ALARM'), alarm('D', 'OK')];

  it('is from one change to the next, to now, and all the time for one that is on and never changed', () => {
    expect(minutesOn(alarms, history(turns))).toEqual([
      ['B', [0, 5]],
      ['C', [0, 60]],
      ['A', [10, 20], [30, 60]],
    ]);
  });

  it('is cut to the time that is shown, whose changes may come later', () => {
    expect(minutesOn(alarms, history(turns), [12, 15])).toEqual([
      ['A', [12, 15]],
      ['C', [12, 15]],
    ]);
    expect(minutesOn(alarms, history(turns), [1, 4])).toEqual([
      ['B', [1, 4]],
      ['C', [1, 4]],
    ]);
  });

  it('is not claimed of a time that the history does not reach', () => {
    expect(minutesOn([alarm('C', 'ALARM')], history([], 40))).toEqual([['C', [40, 60]]]);
  });
});
