// `GET /v1/monitoring/alarms/history`: when alarms of this relay went on and off, the latest first. CloudWatch cannot be
// asked for the alarms of one relay, so the pages are bounded, and the answer says how far back they reach.
import { DAY_MS } from '../../core/domain/time-ms.ts';
import { invalidParameter } from '../../core/http/http-failure.ts';
import { readMoment } from '../../core/http/read-query.ts';
import type { PublicAlarmHistory } from '../../core/http/monitoring.ts';
import type { Query } from '../../core/http/read-query.ts';
import type { MonitoringPorts } from './flow.ts';

/** CloudWatch keeps no longer. */
const KEPT_DAYS = 30;
/** A page that is open for a while asks from a little before. */
const GRACE_MS = DAY_MS;
/** As for acknowledging one: CloudWatch refuses longer names as a fault, and this relay has none. */
const NAME_CHARS_MAX = 100;

/** @param query `from`, a day before `to` unless given; `to`, now unless given; `name` of one alarm. */
export async function readAlarmHistory(ports: MonitoringPorts, query: Query): Promise<PublicAlarmHistory> {
  const now = ports.clock.now();
  const to = momentOf(query, 'to') ?? now;
  const from = momentOf(query, 'from') ?? to - DAY_MS;
  if (from >= to) throw invalidParameter('from must be before to');
  if (now - from > KEPT_DAYS * DAY_MS + GRACE_MS) {
    throw invalidParameter(`the history of alarms is kept for ${KEPT_DAYS} days: give a later from`);
  }
  const prefix = `${ports.service}/`;
  const name = nameOf(query);
  const read = await ports.reader.readAlarmHistory({
    from,
    to,
    prefix,
    ...(name !== undefined && { name: prefix + name }),
  });
  return {
    from: iso(from),
    to: iso(to),
    complete_from: iso(Math.max(from, read.completeFrom)),
    changes: read.changes.map(({ name: full, at, ...change }) => ({
      name: full.slice(prefix.length),
      at: iso(at),
      ...change,
    })),
  };
}

function momentOf(query: Query, name: 'from' | 'to'): number | undefined {
  const text = query[name];
  return text === undefined ? undefined : readMoment(name, text);
}

/** @throws HttpFailure 400. */
function nameOf({ name }: Query): string | undefined {
  if (name === undefined || (name !== '' && name.length <= NAME_CHARS_MAX)) return name;
  throw invalidParameter('name must be the name of an alarm, as the list of alarms has it');
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
