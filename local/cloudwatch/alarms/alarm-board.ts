// Holds and updates the state of every alarm: each step evaluates all metric alarms, then the composite alarms over
// them, and announces each change to the topics that the alarm names. Callers pass the time; the board has no clock.
import { evaluateMetricAlarm } from './metric-evaluation.ts';
import { inEvaluationOrder } from './read-alarm.ts';
import { alarmsOf, ruleHolds } from './alarm-rule.ts';
import type { Alarm, CompositeAlarm, MetricAlarm } from './alarm-definition.ts';
import type { ContributorFinding, Finding } from './metric-evaluation.ts';
import type { MetricReadings } from './metric-readings.ts';
import type { AlarmState } from './judge-datapoints.ts';

/** What each topic gets that the alarm names for the new state. */
export interface AlarmChange {
  readonly name: string;
  readonly previous: AlarmState;
  readonly state: AlarmState;
  readonly reason: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly severity: string | null;
  readonly runbook: string | null;
  readonly description: string;
  /** The series that changed, of an alarm with a state for each series; undefined for the alarm as a whole. */
  readonly contributor?: Readonly<Record<string, string>> | undefined;
  /** ARNs of the topics; empty when none is to be notified. */
  readonly topicArns: readonly string[];
}

/** A change as the history keeps it. */
export interface AlarmTurn extends Pick<AlarmChange, 'name' | 'previous' | 'state' | 'reason'> {
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** One alarm in the answer to `GET /_local/alarms`. */
export interface AlarmReport {
  readonly name: string;
  readonly state: AlarmState;
  readonly reason: string;
  /** ISO 8601. */
  readonly since: string;
  readonly severity: string | null;
  readonly runbook: string | null;
  readonly description: string;
  readonly kind: Alarm['kind'];
  /** Names of the alarms that a composite alarm combines. */
  readonly children?: readonly string[];
  /** Series of a Metrics Insights query, each with its own state. */
  readonly contributors?: readonly ContributorReport[];
}

interface ContributorReport {
  readonly group: Readonly<Record<string, string>>;
  readonly state: AlarmState;
  readonly reason: string;
  readonly since: string;
}

interface AlarmStatus {
  state: AlarmState;
  reason: string;
  since: number;
}

interface AlarmBoardOptions {
  readonly alarms: readonly Alarm[];
  readonly readings: MetricReadings;
  /** How many times faster than in AWS periods pass: 1, or 12, with which a minute takes five seconds. */
  readonly factor: number;
  /** When the runtime was started, milliseconds since the epoch. */
  readonly startedAt: number;
  readonly announce: (change: AlarmChange) => void;
}

const MINUTE_SECONDS = 60;
const HIGH_RESOLUTION_SECONDS = 10;

/** Bounds the memory; CloudWatch keeps thirty days. */
const TURNS_MAX = 2_000;

export class AlarmBoard {
  readonly #turns: AlarmTurn[] = [];
  readonly #options: AlarmBoardOptions;
  readonly #alarms: readonly Alarm[];
  readonly #statuses = new Map<string, AlarmStatus>();
  readonly #contributors = new Map<string, Map<string, AlarmStatus & Pick<ContributorReport, 'group'>>>();

  /** @throws Error when a composite alarm refers to one that does not exist, or to itself. */
  constructor(options: AlarmBoardOptions) {
    this.#options = options;
    this.#alarms = inEvaluationOrder(options.alarms);
    for (const { name } of options.alarms) {
      const reason = 'Not evaluated yet';
      this.#statuses.set(name, { state: 'INSUFFICIENT_DATA', reason, since: options.startedAt });
    }
  }

  /** Time between evaluations: a minute, or ten seconds when an alarm has a period of less than a minute. */
  get stepMs(): number {
    const isHighResolution = this.#alarms.some(
      (alarm) => alarm.kind === 'metric' && alarm.periodSeconds < MINUTE_SECONDS,
    );
    return this.#scaled(isHighResolution ? HIGH_RESOLUTION_SECONDS : MINUTE_SECONDS);
  }

  /** @param now milliseconds since the epoch; measurements up to the last full step count. */
  evaluate(now: number): void {
    const until = Math.floor(now / this.stepMs) * this.stepMs;
    for (const alarm of this.#alarms) {
      if (alarm.kind === 'composite') this.#evaluateComposite(alarm, now);
      else if (this.#isKnown(alarm, until)) this.#evaluateMetric(alarm, now, until);
    }
  }

  /** Changes of alarms as a whole, the oldest first, as far back as they are kept. */
  history(): readonly AlarmTurn[] {
    return this.#turns;
  }

  report(): readonly AlarmReport[] {
    return this.#options.alarms.map((alarm) => {
      const { name, severity, runbook, description, kind } = alarm;
      const { state, reason, since } = this.#status(name);
      const contributors = this.#contributors.get(name);
      return {
        name,
        state,
        reason,
        since: new Date(since).toISOString(),
        severity,
        runbook,
        description,
        kind,
        ...(alarm.kind === 'composite' && { children: alarmsOf(alarm.rule) }),
        ...(contributors && {
          contributors: [...contributors.values()].map((status) => ({
            ...status,
            since: new Date(status.since).toISOString(),
          })),
        }),
      };
    });
  }

  /**
   * Before the start nothing was measured, which is not silence. An alarm for which silence is a breach therefore waits
   * for a full range of periods since the start; in AWS such an alarm fires once after the first deployment.
   */
  #isKnown({ missingData, evaluationPeriods, periodSeconds }: MetricAlarm, until: number): boolean {
    const waitMs = missingData === 'breaching' ? evaluationPeriods * this.#scaled(periodSeconds) : 0;
    return until - waitMs >= this.#options.startedAt;
  }

  #evaluateMetric(alarm: MetricAlarm, now: number, until: number): void {
    const periodMs = this.#scaled(alarm.periodSeconds);
    const evaluation = evaluateMetricAlarm(alarm, this.#options.readings, { until, periodMs });
    const finding =
      evaluation.kind === 'single' ? evaluation.finding : this.#evaluateContributors(alarm, evaluation.findings, now);
    this.#move(alarm, this.#status(alarm.name), finding, now);
  }

  /** Each series has its own state, OK or ALARM; a single series in ALARM puts the alarm into ALARM. */
  #evaluateContributors(alarm: MetricAlarm, findings: readonly ContributorFinding[], now: number): Finding {
    const known =
      this.#contributors.get(alarm.name) ?? new Map<string, AlarmStatus & { group: ContributorReport['group'] }>();
    this.#contributors.set(alarm.name, known);
    const seen = new Set<string>();
    for (const { group, ...finding } of findings) {
      const key = JSON.stringify(group);
      seen.add(key);
      const status = known.get(key) ?? { group, state: 'OK' as const, reason: finding.reason, since: now };
      known.set(key, status);
      this.#move(alarm, status, finding, now, group);
    }
    for (const [key, status] of known) {
      if (seen.has(key)) continue;
      this.#move(
        alarm,
        status,
        { state: 'OK', reason: 'No data was returned for this contributor' },
        now,
        status.group,
      );
      known.delete(key);
    }
    if (findings.length === 0) return emptyFinding(alarm);
    const inAlarm = [...known.values()].filter(({ state }) => state === 'ALARM');
    const names = inAlarm.map(({ group }) => Object.values(group).join(' ')).join(', ');
    return inAlarm.length === 0
      ? { state: 'OK', reason: `${findings.length} time series evaluated to OK` }
      : {
          state: 'ALARM',
          reason: `${inAlarm.length} out of ${findings.length} time series evaluated to ALARM: ${names}`,
        };
  }

  #evaluateComposite(alarm: CompositeAlarm, now: number): void {
    const children = alarmsOf(alarm.rule);
    const inAlarm = children.filter((name) => this.#status(name).state === 'ALARM');
    const isAlarm = ruleHolds(alarm.rule, (name) => this.#status(name).state);
    const reason = inAlarm.length === 0 ? 'No alarm of its rule is in ALARM' : `In ALARM: ${inAlarm.join(', ')}`;
    this.#move(alarm, this.#status(alarm.name), { state: isAlarm ? 'ALARM' : 'OK', reason }, now);
  }

  #move(
    alarm: Alarm,
    status: AlarmStatus,
    { state, reason }: Finding,
    now: number,
    contributor?: AlarmChange['contributor'],
  ): void {
    if (state === 'unchanged' || state === status.state) {
      // The figures change even when the state does not: a report should show the present ones.
      if (state !== 'unchanged') status.reason = reason;
      return;
    }
    const previous = status.state;
    Object.assign(status, { state, reason, since: now });
    const { name, severity, runbook, description, actions } = alarm;
    const topicArns = actions[state];
    if (contributor === undefined) {
      this.#turns.push({ name, at: now, previous, state, reason });
      if (this.#turns.length > TURNS_MAX) this.#turns.shift();
    }
    this.#options.announce({
      name,
      previous,
      state,
      reason,
      since: now,
      severity,
      runbook,
      description,
      contributor,
      topicArns,
    });
  }

  #status(name: string): AlarmStatus {
    const status = this.#statuses.get(name);
    if (status === undefined) throw new Error(`The alarm ${name} does not exist`);
    return status;
  }

  #scaled(seconds: number): number {
    return (seconds * 1_000) / this.#options.factor;
  }
}

/**
 * For no series at all. One page of AWS's documentation has INSUFFICIENT_DATA whatever the treatment, another applies
 * the treatment; real alarms report "Treat missing data is configured as", so the treatment applies.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create_Metrics_Insights_Alarm.html
 */
function emptyFinding({ missingData }: MetricAlarm): Finding {
  const states = {
    missing: 'INSUFFICIENT_DATA',
    ignore: 'unchanged',
    breaching: 'ALARM',
    notBreaching: 'OK',
  } as const;
  return {
    state: states[missingData],
    reason: `No time series were returned by the query; missing data counts as ${missingData}`,
  };
}
