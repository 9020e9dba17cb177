// Holds the state of every alarm and moves it on: at each step all metric alarms are evaluated, then the composite
// alarms over them, and each change is announced to the topics that the alarm names. Time is given, none is kept here.
import { evaluateMetricAlarm } from './metric-evaluation.ts';
import { inEvaluationOrder } from './read-alarm.ts';
import { alarmsOf, ruleHolds } from './alarm-rule.ts';
import type { Alarm, CompositeAlarm, MetricAlarm } from './alarm-definition.ts';
import type { ContributorFinding, Finding } from './metric-evaluation.ts';
import type { MetricReadings } from './metric-readings.ts';
import type { AlarmState } from './judge-datapoints.ts';

/** Told to each topic that the alarm names for the state it changed into. */
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
  /** Of an alarm with a state for each series: which one changed; undefined for the alarm as a whole. */
  readonly contributor?: Readonly<Record<string, string>> | undefined;
  /** ARNs of the topics; empty where nobody is to be told. */
  readonly topicArns: readonly string[];
}

/** A line of `GET /_local/alarms`. */
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
  /** Alarms that a composite one is made of. */
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

export interface AlarmBoardOptions {
  readonly alarms: readonly Alarm[];
  readonly readings: MetricReadings;
  /** How many times faster than in AWS periods pass: 1, or 12 to make five seconds of a minute. */
  readonly factor: number;
  /** When the machine was started, milliseconds since the epoch. */
  readonly startedAt: number;
  readonly announce: (change: AlarmChange) => void;
}

const MINUTE_SECONDS = 60;
const HIGH_RESOLUTION_SECONDS = 10;

export class AlarmBoard {
  readonly #options: AlarmBoardOptions;
  readonly #alarms: readonly Alarm[];
  readonly #statuses = new Map<string, AlarmStatus>();
  readonly #contributors = new Map<string, Map<string, AlarmStatus & Pick<ContributorReport, 'group'>>>();

  /** @throws Error when a composite alarm asks for one that is not there, or waits for itself. */
  constructor(options: AlarmBoardOptions) {
    this.#options = options;
    this.#alarms = inEvaluationOrder(options.alarms);
    for (const { name } of options.alarms) {
      const reason = 'Not evaluated yet';
      this.#statuses.set(name, { state: 'INSUFFICIENT_DATA', reason, since: options.startedAt });
    }
  }

  /** Time between evaluations: a minute, or ten seconds when an alarm of less than a minute is among them. */
  get stepMs(): number {
    const isHighResolution = this.#alarms.some(
      (alarm) => alarm.kind === 'metric' && alarm.periodSeconds < MINUTE_SECONDS,
    );
    return this.#scaled(isHighResolution ? HIGH_RESOLUTION_SECONDS : MINUTE_SECONDS);
  }

  /** @param now milliseconds since the epoch; what was measured up to the last full step counts. */
  evaluate(now: number): void {
    const until = Math.floor(now / this.stepMs) * this.stepMs;
    for (const alarm of this.#alarms) {
      if (alarm.kind === 'composite') this.#evaluateComposite(alarm, now);
      else if (this.#isKnown(alarm, until)) this.#evaluateMetric(alarm, now, until);
    }
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
   * Before the machine was started nothing was measured, and that is no silence. An alarm for which silence is a breach
   * waits until it has something to be silent about; in AWS such an alarm fires once after the first deployment.
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

  /** Each series has its own state, OK or ALARM; one of them in ALARM puts the alarm into it. */
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
      // The figures move on though the state does not: a report should tell the present ones.
      if (state !== 'unchanged') status.reason = reason;
      return;
    }
    const previous = status.state;
    Object.assign(status, { state, reason, since: now });
    const { name, severity, runbook, description, actions } = alarm;
    const topicArns = actions[state];
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
    if (status === undefined) throw new Error(`There is no alarm ${name}`);
    return status;
  }

  #scaled(seconds: number): number {
    return (seconds * 1_000) / this.#options.factor;
  }
}

/**
 * No series at all. One page of AWS's documentation says INSUFFICIENT_DATA whatever the treatment, another that the
 * treatment applies; alarms in use say "Treat missing data is configured as", so the treatment it is.
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
