// The history of alarms from CloudWatch, by DescribeAlarmHistory: changes of state, the latest first, up to a bound.
// It reads all alarms of the account's region and keeps those of one relay, because CloudWatch takes no prefix here.
import { DescribeAlarmHistoryCommand } from '@aws-sdk/client-cloudwatch';
import { callWithin } from './call-within.ts';
import type { AlarmHistoryItem, CloudWatchClient, DescribeAlarmHistoryCommandOutput } from '@aws-sdk/client-cloudwatch';
import type { AlarmHistoryQuery, AlarmHistoryReading } from '../http/monitoring.ts';
import type { Clock } from '../ports/ports.ts';

const ITEMS_PER_PAGE = 100;
/** A thousand changes: more would neither fit a picture nor the time of one call. */
const PAGES_MAX = 10;

export async function readHistory(
  client: CloudWatchClient,
  clock: Pick<Clock, 'now'>,
  query: AlarmHistoryQuery,
): Promise<AlarmHistoryReading> {
  const { from, to, prefix, stopAt } = query;
  const changes: AlarmHistoryReading['changes'][number][] = [];
  let token: string | undefined;
  let oldest = to;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const waitMs = stopAt === undefined ? undefined : Math.max(1, stopAt - clock.now());
    const answer = await readPage(client, query, { token, waitMs }).catch((error: unknown) => {
      // The pages before this one are an answer, which says how far back it reaches.
      if (page > 0 && error instanceof Error && error.name === 'TimeoutError') return undefined;
      throw error;
    });
    if (answer === undefined) break;
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

interface PagePlace {
  readonly token: string | undefined;
  readonly waitMs: number | undefined;
}

function readPage(
  client: CloudWatchClient,
  { from, to, name }: AlarmHistoryQuery,
  { token, waitMs }: PagePlace,
): Promise<DescribeAlarmHistoryCommandOutput> {
  const command = new DescribeAlarmHistoryCommand({
    ...(name !== undefined && { AlarmName: name }),
    // Unless both are named, composite alarms are left out.
    AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
    HistoryItemType: 'StateUpdate',
    StartDate: new Date(from),
    EndDate: new Date(to),
    MaxRecords: ITEMS_PER_PAGE,
    ScanBy: 'TimestampDescending',
    ...(token !== undefined && { NextToken: token }),
  });
  return waitMs === undefined
    ? client.send(command)
    : callWithin(waitMs, (abortSignal) => client.send(command, { abortSignal }));
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
