// What `GET /v1/monitoring/…` does: checks the request, asks CloudWatch's port, and answers in the public shapes. Every
// series is of this relay and of a metric in the contract: clients cannot read other metrics through it.
import { readAlarmDescription, runbookSection } from '../../core/contract/alarm-description.ts';
import { keptSeconds, WHOLE_TIME, WHOLE_TIME_MAX_MS } from '../../core/contract/metric-periods.ts';
import { errorCatalogue } from '../../core/domain/error-catalogue.ts';
import { DAY_MS, HOUR_MS, SECOND_MS } from '../../core/domain/time-ms.ts';
import { invalidParameter } from '../../core/http/http-failure.ts';
import { readMoment } from '../../core/http/read-query.ts';
import { metricDefinitions } from '../../core/contract/metrics.ts';
import { metricStatistics } from '../../core/http/monitoring.ts';
import type { MetricDefinition, MetricName } from '../../core/contract/metrics.ts';
import type {
  AlarmReading,
  MetricStatistic,
  MetricWindow,
  MonitoringReader,
  PublicAlarm,
  PublicAlarms,
  PublicMetrics,
  SeriesQuery,
  SeriesReading,
} from '../../core/http/monitoring.ts';
import type { Query } from '../../core/http/read-query.ts';
import type { Acknowledgement, Acknowledgements } from '../../core/ports/acknowledgements.ts';
import type { Clock } from '../../core/ports/ports.ts';

export interface MonitoringPorts {
  readonly reader: MonitoringReader;
  readonly clock: Pick<Clock, 'now'>;
  /** Name of the relay: the `service` dimension, and the prefix of its alarms' names. */
  readonly service: string;
  readonly acknowledgements: Acknowledgements;
}

const MINUTE_SECONDS = 60;
/** Periods of less than a minute that CloudWatch supports. */
const shortPeriods = [1, 5, 10, 20, 30];
const PERIOD_SECONDS_MAX = DAY_MS / SECOND_MS;
const WINDOW_DEFAULT_MS = 3 * HOUR_MS;
/** Points of one series: enough for a day by the minute, and few enough for one page of an answer. */
const POINTS_MAX = 1_440;
const NAMES_MAX = 10;
/** Points of all series of one answer: each is up to 70 bytes on its way to API Gateway, and Lambda answers 6 MB at most. */
const ANSWER_POINTS_MAX = 50_000;
/** How far back a Metrics Insights query reaches. */
const INSIGHTS_MS = 3 * HOUR_MS;
/** How long after its last measurement CloudWatch still lists a series. */
const LISTED_MS = 14 * DAY_MS;
/** Codes of series that the catalogue of errors does not have. */
const otherCodes = ['cancelled', 'other'];
/** In place of a dimension's value: a series for each value it can have. */
const EVERY_VALUE = '*';

/**
 * @param query `name`, one or several with commas; `dimensions` as `code=http-429`, or `code=*` for every code;
 *   `statistic`; `period` in seconds, or `all`; `from` and `to` in ISO 8601.
 * @throws HttpFailure 400 that says what is wrong.
 */
export async function readMetrics(ports: MonitoringPorts, query: Query): Promise<PublicMetrics> {
  const window = readWindow(query, ports.clock.now());
  const statistic = readStatistic(query['statistic']);
  const dimensions = readDimensions(query['dimensions']);
  const names = readNames(query['name']);
  for (const name of names) checkDimensions(name, dimensions);
  const readings =
    dimensions['code'] === EVERY_VALUE
      ? (await Promise.all(names.map((name) => readEveryCode(ports, { name, statistic }, window)))).flat()
      : await ports.reader.readSeries(
          names.map((name) => ({ name, statistic, dimensions: { service: ports.service, ...dimensions } })),
          window,
        );
  const points = readings.reduce((sum, reading) => sum + reading.points.length, 0);
  if (points > ANSWER_POINTS_MAX) {
    const what = `the answer would have ${points} datapoints, at most ${ANSWER_POINTS_MAX} are allowed`;
    throw invalidParameter(`${what}: ask for fewer names, a shorter time or a longer period`);
  }
  return {
    period: window.periodSeconds,
    from: iso(window.from),
    to: iso(window.to),
    series: readings.map(({ query: { name, dimensions: all }, points }) => ({
      name,
      statistic,
      dimensions: withoutService(all),
      datapoints: points.map(({ at, value }) => ({ timestamp: iso(at), value })),
    })),
    metrics_read: readings.length,
  };
}

/**
 * Only codes that occurred: each requested series is paid for, and there are some forty codes. Metrics Insights finds
 * them itself, the newest too, but only as sums and only for three hours; for longer spans they are listed first.
 */
async function readEveryCode(
  { reader, service, clock }: MonitoringPorts,
  { name, statistic }: Pick<SeriesQuery, 'name' | 'statistic'>,
  window: MetricWindow,
): Promise<readonly SeriesReading[]> {
  const stepMs = window.periodSeconds * 1_000;
  const from = Math.ceil((clock.now() - INSIGHTS_MS) / stepMs) * stepMs;
  if (statistic === 'Sum' && window.from >= clock.now() - INSIGHTS_MS - stepMs) {
    return reader.readSumsByCode({ name, service }, { ...window, from: Math.max(window.from, from) });
  }
  const listed = await reader.listCodes({ name, service });
  // CloudWatch lists no series that was silent for two weeks, and its figures of before would be missed in the sums.
  const isOlder = window.from < clock.now() - LISTED_MS;
  const codes = isOlder ? [...new Set([...listed, ...errorCatalogue.map(({ key }) => key), ...otherCodes])] : listed;
  const queries = codes.map((code): SeriesQuery => ({ name, statistic, dimensions: { service, code } }));
  return queries.length === 0 ? [] : reader.readSeries(queries, window);
}

/** Every alarm of this relay, firing ones first. */
export async function listAlarms({ reader, service, acknowledgements }: MonitoringPorts): Promise<PublicAlarms> {
  const prefix = `${service}/`;
  const [readings, given] = await Promise.all([reader.listAlarms(prefix), acknowledgements.read()]);
  const alarms = readings.map((reading) => publicAlarm(reading, prefix, given[reading.name.slice(prefix.length)]));
  return { alarms: alarms.sort((one, other) => rank(one) - rank(other) || (one.name < other.name ? -1 : 1)) };
}

function publicAlarm(
  { name, description, state, reason, since, condition, contributors = [] }: AlarmReading,
  prefix: string,
  given: Acknowledgement | undefined,
) {
  const { severity, meaning, runbook } = readAlarmDescription(description);
  const ownName = name.slice(prefix.length);
  return {
    name: ownName,
    state,
    reason,
    since: since === undefined ? null : iso(since),
    severity,
    meaning,
    runbook: runbook?.split('#')[1] ?? runbookSection(ownName),
    condition: condition
      ? {
          ...condition,
          metrics: condition.metrics.map((metric) => ({ ...metric, dimensions: withoutService(metric.dimensions) })),
        }
      : null,
    codes: contributors.flatMap(({ code }) => code ?? []),
    // One of an earlier time is over, whether it was removed or not.
    acknowledged:
      given && state === 'ALARM' && given.since === since
        ? { by: given.by, at: iso(given.at), reason: given.reason ?? null }
        : null,
  } satisfies PublicAlarm;
}

const states = ['ALARM', 'INSUFFICIENT_DATA', 'OK'];

function rank({ state }: PublicAlarm): number {
  return states.indexOf(state);
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

function withoutService({ service: _own, ...others }: Readonly<Record<string, string>>): Record<string, string> {
  return others;
}

/** What is kept only in the logs has no series to read. */
const seriesNames = Object.entries(metricDefinitions).flatMap(([name, { kept }]) => (kept === 'series' ? [name] : []));

function hasSeries(name: string): boolean {
  return seriesNames.includes(name);
}

function readNames(text: string | undefined): readonly MetricName[] {
  const names = [...new Set((text ?? '').split(',').map((name) => name.trim()))].filter((name) => name !== '');
  if (names.length === 0 || names.length > NAMES_MAX || !names.every(hasSeries)) {
    throw invalidParameter(`name must be one to ${NAMES_MAX} of ${seriesNames.join(', ')}`);
  }
  return names as MetricName[];
}

function readStatistic(text: string | undefined): MetricStatistic {
  const statistic = metricStatistics.find((known) => known === (text ?? 'Sum'));
  if (statistic === undefined) throw invalidParameter(`statistic must be one of ${metricStatistics.join(', ')}`);
  return statistic;
}

function readDimensions(text: string | undefined): Readonly<Record<string, string>> {
  if (text === undefined || text === '') return {};
  const pairs = text.split(',').map((pair) => pair.split('='));
  if (pairs.some((pair) => pair.length !== 2 || pair.includes(''))) {
    throw invalidParameter('dimensions must be written as name=value,name=value');
  }
  return Object.fromEntries(pairs) as Record<string, string>;
}

/** @throws HttpFailure 400 for a set of dimensions that the metric has no series for. */
function checkDimensions(name: MetricName, asked: Readonly<Record<string, string>>): void {
  const { dimensions, hasTotal }: MetricDefinition = metricDefinitions[name];
  const names = Object.keys(asked);
  if (names.length === 0 && !hasTotal) throw invalidParameter(`${name} is kept by ${dimensions.join(', ')} only`);
  // A line is emitted without further dimensions and with each of its own, never with two of them.
  if (names.length > 1 || names.some((own) => !dimensions.some((known) => known === own))) {
    const known = dimensions.length === 0 ? 'no dimensions' : `one of the dimensions ${dimensions.join(', ')}`;
    throw invalidParameter(`${name} has ${known}`);
  }
  if (asked['code'] !== EVERY_VALUE && Object.values(asked).includes(EVERY_VALUE)) {
    throw invalidParameter('only code can be given as *');
  }
}

function readWindow(query: Query, now: number): MetricWindow {
  if (query['period'] === WHOLE_TIME) return readWholeWindow(query, now);
  const periodSeconds = readPeriod(query['period'] ?? String(MINUTE_SECONDS));
  const to = readTime('to', query['to']) ?? now;
  const from = readTime('from', query['from']) ?? to - Math.min(WINDOW_DEFAULT_MS, POINTS_MAX * periodSeconds * 1_000);
  if (from >= to) throw invalidParameter('from must be before to');
  if (to - from > POINTS_MAX * periodSeconds * 1_000) {
    throw invalidParameter(`from and to span more than ${POINTS_MAX} periods: ask for a longer period`);
  }
  const kept = keptSeconds(from, now);
  if (kept !== undefined && periodSeconds % kept !== 0) {
    throw invalidParameter(`so long ago only periods of ${kept} seconds or a multiple of it are kept`);
  }
  return { from, to, periodSeconds };
}

/** One period as long as the time itself: a percentile over hours is not the mean of those of its minutes. */
function readWholeWindow(query: Query, now: number): MetricWindow {
  const to = readTime('to', query['to']) ?? now;
  const asked = readTime('from', query['from']) ?? to - WINDOW_DEFAULT_MS;
  if (asked >= to) throw invalidParameter('from must be before to');
  if (to - asked > WHOLE_TIME_MAX_MS) {
    throw invalidParameter(`period=${WHOLE_TIME} takes up to ${WHOLE_TIME_MAX_MS / DAY_MS} days at once`);
  }
  if (query['dimensions']?.includes(EVERY_VALUE)) {
    throw invalidParameter(`period=${WHOLE_TIME} is not answered for every code: name one, or give a period`);
  }
  const grainSeconds = Math.max(MINUTE_SECONDS, keptSeconds(asked, now) ?? 0);
  const grainMs = grainSeconds * SECOND_MS;
  // CloudWatch begins at the grain before: so long must the period be for one to cover it all.
  const spanMs = to - Math.floor(asked / grainMs) * grainMs;
  const from = Math.floor(asked / SECOND_MS) * SECOND_MS;
  return { from, to, periodSeconds: Math.ceil(spanMs / grainMs) * grainSeconds, isWhole: true };
}

function readPeriod(text: string): number {
  const periodSeconds = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  const isPeriod =
    shortPeriods.includes(periodSeconds) ||
    (periodSeconds > 0 && periodSeconds % MINUTE_SECONDS === 0 && periodSeconds <= PERIOD_SECONDS_MAX);
  if (isPeriod) return periodSeconds;
  const lengths = `${shortPeriods.join(', ')} or a multiple of 60 seconds, at most a day`;
  throw invalidParameter(`period must be ${lengths}, or ${WHOLE_TIME} for one point`);
}

function readTime(name: string, text: string | undefined): number | undefined {
  return text === undefined || text === '' ? undefined : readMoment(name, text);
}
