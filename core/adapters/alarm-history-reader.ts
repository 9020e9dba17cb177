// The history of alarms from CloudWatch, by DescribeAlarmHistory: changes of state, the latest first, up to a bound.
// It reads all alarms of the account's region and keeps those of one relay, because CloudWatch takes no prefix here.
import { DescribeAlarmHistoryCommand } from '@aws-sdk/client-cloudwatch';
import type { AlarmHistoryItem, CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { AlarmHistoryQuery, AlarmHistoryReading } from '../http/monitoring.ts';

const ITEMS_PER_PAGE = 100;
/** A thousand changes: more would neither fit a picture nor the time of one call. */
const PAGES_MAX = 10;

export async function readHistory(
  client: CloudWatchClient,
  { from, to, prefix, name }: AlarmHistoryQuery,
): Promise<AlarmHistoryReading> {
  const changes: AlarmHistoryReading['changes'][number][] = [];
  let token: string | undefined;
  let oldest = to;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const answer = await client.send(
      new DescribeAlarmHistoryCommand({
        ...(name !== undefined && { AlarmName: name }),
        // Unless both are named, composite alarms are left out.
        AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
        HistoryItemType: 'StateUpdate',
        StartDate: new Date(from),
        EndDate: new Date(to),
        MaxRecords: ITEMS_PER_PAGE,
        ScanBy: 'TimestampDescending',
        ...(token !== undefined && { NextToken: token }),
      }),
    );
    for (const item of answer.AlarmHistoryItems ?? []) {
      oldest = item.Timestamp?.getTime() ?? oldest;
      const change = item.AlarmName?.startsWith(prefix) ? readChange(item) : undefined;
      if (change) changes.push(change);
    }
    token = answer.NextToken;
    if (token === undefined) return { changes, completeFrom: from };
  }
  return { changes, completeFrom: oldest };
}

interface HistoryState {
  readonly stateValue?: string;
  readonly stateReason?: string;
}

/** Undefined for an item that is not what CloudWatch documents: one of many is better missed than all. */
function readChange({ AlarmName = '', Timestamp, HistoryData = '' }: AlarmHistoryItem) {
  let data: { readonly oldState?: HistoryState; readonly newState?: HistoryState };
  try {
    data = JSON.parse(HistoryData) as typeof data;
  } catch {
    return undefined;
  }
  const [previous, state] = [stateOf(data.oldState?.stateValue), stateOf(data.newState?.stateValue)];
  if (Timestamp === undefined || previous === undefined || state === undefined) return undefined;
  return { name: AlarmName, at: Timestamp.getTime(), previous, state, reason: data.newState?.stateReason ?? '' };
}

function stateOf(text: string | undefined) {
  return (['OK', 'ALARM', 'INSUFFICIENT_DATA'] as const).find((state) => state === text);
}
