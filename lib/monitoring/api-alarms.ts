// Alarms on the HTTP API: the errors and times that clients see, and missing traffic. Errors are those that API Gateway
// counts, so that they include requests that never reached a function.
import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, MathExpression, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { errorKey } from '../../core/domain/error-catalogue.ts';
import { relayAlarm } from './alarm.ts';
import { percentAboveFloor, relayMetric } from './relay-metric.ts';
import type { HttpStage } from 'aws-cdk-lib/aws-apigatewayv2';
import type { AlarmDefaults } from './alarm.ts';

const fiveMinutes = Duration.minutes(5);
const hour = Duration.hours(1);
const quiet = {
  missingData: TreatMissingData.NOT_BREACHING,
  missingDataReason: 'not breaching, because without requests there are no errors.',
} as const;
const twoOfThree = { periods: 3, breachingPeriods: 2 } as const;

interface ApiAlarmsProps {
  readonly defaults: AlarmDefaults;
  readonly stage: HttpStage;
}

export class ApiAlarms extends Construct {
  readonly #props: ApiAlarmsProps;

  constructor(scope: Construct, id: string, props: ApiAlarmsProps) {
    super(scope, id);
    this.#props = props;
    this.#addErrors();
    this.#addRateLimited();
    this.#addTime();
    this.#addVolume();
  }

  #addErrors(): void {
    const { defaults, stage } = this.#props;
    const { serverErrorsPercent, clientErrorsPercent, outcomesFloor } = defaults.thresholds;
    const asked = { statistic: 'Sum', period: fiveMinutes };
    const shareOf = (errors: ReturnType<HttpStage['metricCount']>) =>
      percentAboveFloor(errors, stage.metricCount(asked), { floor: outcomesFloor, period: fiveMinutes });
    relayAlarm(this, 'ServerErrorsAlarm', {
      defaults,
      ...quiet,
      ...twoOfThree,
      name: 'Api/ServerErrors',
      severity: 'page',
      pages: 'users',
      meaning: `${serverErrorsPercent} % or more of the answers were errors of the relay (500 and above).`,
      metric: shareOf(stage.metricServerError(asked)),
      threshold: serverErrorsPercent,
    });
    relayAlarm(this, 'ClientErrorsAlarm', {
      defaults,
      ...quiet,
      ...twoOfThree,
      name: 'Api/ClientErrors',
      severity: 'ticket',
      meaning: `${clientErrorsPercent} % or more of the requests were refused (400 to 499).`,
      metric: shareOf(stage.metricClientError(asked)),
      threshold: clientErrorsPercent,
    });
  }

  #addRateLimited(): void {
    const { defaults } = this.#props;
    const { rateLimitedCount } = defaults.thresholds;
    relayAlarm(this, 'RateLimitedAlarm', {
      defaults,
      ...quiet,
      ...twoOfThree,
      name: 'Api/RateLimited',
      severity: 'ticket',
      meaning: `${rateLimitedCount} requests or more were refused within five minutes by the limit of their account (429).`,
      metric: relayMetric('ApiAnswers', defaults.service, {
        statistic: 'Sum',
        period: fiveMinutes,
        by: { code: errorKey('http', 429) },
      }),
      threshold: rateLimitedCount,
    });
  }

  #addTime(): void {
    const { defaults } = this.#props;
    const { apiTimeMs } = defaults.thresholds;
    relayAlarm(this, 'SlowAlarm', {
      defaults,
      ...quiet,
      name: 'Api/Slow',
      severity: 'ticket',
      meaning: `One call of a hundred took ${apiTimeMs} ms or more, for fifteen minutes.`,
      metric: relayMetric('ApiTime', defaults.service, { statistic: 'p99', period: fiveMinutes }),
      threshold: apiTimeMs,
      periods: 3,
    });
  }

  /** Made only when the deployment has set what it expects. */
  #addVolume(): void {
    const { defaults } = this.#props;
    const { tasksPerHourMin } = defaults.thresholds;
    if (tasksPerHourMin === 0) return;
    const accepted = relayMetric('TasksAccepted', defaults.service, { statistic: 'Sum', period: hour });
    relayAlarm(this, 'VolumeDropAlarm', {
      defaults,
      name: 'Api/VolumeDrop',
      severity: 'page',
      pages: 'users',
      meaning: `Fewer than ${tasksPerHourMin} tasks were submitted within an hour: clients may not get through.`,
      // Without tasks nothing is reported, and that must count as zero.
      metric: new MathExpression({
        expression: 'FILL(accepted, 0)',
        usingMetrics: { accepted },
        period: hour,
        label: 'Tasks',
      }),
      threshold: tasksPerHourMin,
      comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
      missingData: TreatMissingData.BREACHING,
      missingDataReason: 'breaching, because silence is what this alarm reports.',
    });
  }
}
