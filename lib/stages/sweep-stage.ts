// The sweep stage: once a minute it brings forward whatever is overdue, and reports the state of the gate and the
// lanes.
// It is the one repair for every kind of loss, so its own silence is an alarm.
import { Duration, Stack } from 'aws-cdk-lib';
import { ComparisonOperator, MathExpression, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { relayAlarm } from '../monitoring/alarm.ts';
import { relayMetric } from '../monitoring/relay-metric.ts';
import { NodeFunction } from './node-function.ts';
import { functionDefaults, jobsEnvironment, sharedEnvironment } from './shared-resources.ts';
import { allowDeciding, allowQuery, allowRinging } from './stage-grants.ts';
import type { SharedResources } from './shared-resources.ts';

/** Less than the schedule's minute, so that sweeps rarely overlap; they may. */
const SWEEP_TIMEOUT_SECONDS = 55;

interface SweepStageProps {
  readonly resources: SharedResources;
}

export class SweepStage extends Construct {
  readonly handler: NodeFunction<'sweep'>;

  constructor(scope: Construct, id: string, { resources }: SweepStageProps) {
    super(scope, id);
    this.handler = new NodeFunction(this, 'Handler', {
      ...functionDefaults(resources),
      stage: 'sweep',
      description: 'Get3W Relay: brings forward what is overdue',
      environment: { ...sharedEnvironment(resources), ...jobsEnvironment(resources) },
      timeoutSeconds: SWEEP_TIMEOUT_SECONDS,
      isTimed: true,
    });
    allowDeciding(this.handler, resources);
    allowQuery(this.handler, resources.table.dueIndexArn);
    allowRinging(this.handler, resources, ['dispatch', 'settle', 'deliver', 'keep', 'jobs']);
    this.#addSchedule();
    this.#addHeartbeatAlarm(resources);
    this.#addBacklogAlarms(resources);
  }

  #addSchedule(): void {
    const target = this.handler.function.functionArn;
    const right = new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [target] });
    const role = new Role(this, 'ScheduleRole', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        // Without it, another account's schedule could be pointed at this role.
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
      description: 'Lets the schedule call the sweep function of the relay',
      inlinePolicies: { Rights: new PolicyDocument({ statements: [right] }) },
    });
    new CfnSchedule(this, 'Schedule', {
      description: 'Get3W Relay: brings forward what is overdue, every minute',
      scheduleExpression: 'rate(1 minute)',
      flexibleTimeWindow: { mode: 'OFF' },
      target: { arn: target, roleArn: role.roleArn, retryPolicy: { maximumRetryAttempts: 0 } },
    });
    // The next sweep makes up for a missed one: retries, by the schedule or by Lambda, would only pile up.
    this.handler.function.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: Duration.minutes(1) });
  }

  #addHeartbeatAlarm({ alarms }: SharedResources): void {
    const runs = relayMetric('SweepRuns', alarms.service, { statistic: 'Sum', period: Duration.minutes(1) });
    relayAlarm(this, 'HeartbeatAlarm', {
      defaults: alarms,
      name: 'Sweep/Heartbeat',
      severity: 'page',
      meaning: `No sweep has finished for ${alarms.thresholds.heartbeatMinutes} minutes: lost work is no longer found.`,
      // A sweep that does not run reports nothing, and that must count as zero.
      metric: new MathExpression({
        expression: 'FILL(runs, 0)',
        usingMetrics: { runs },
        period: Duration.minutes(1),
        label: 'Sweeps',
      }),
      threshold: 1,
      comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
      periods: alarms.thresholds.heartbeatMinutes,
      missingData: TreatMissingData.BREACHING,
      missingDataReason: 'breaching, because silence is what this alarm reports.',
    });
  }

  #addBacklogAlarms({ alarms }: SharedResources): void {
    const { overdueSeconds, repairsCount } = alarms.thresholds;
    const quiet = {
      missingData: TreatMissingData.NOT_BREACHING,
      missingDataReason: 'not breaching, because the sweep reports only what it found; its silence has its own alarm.',
    } as const;
    relayAlarm(this, 'OverdueAlarm', {
      defaults: alarms,
      ...quiet,
      name: 'Sweep/Overdue',
      severity: 'page',
      meaning: `The sweep found work that had been overdue for ${overdueSeconds} s or longer: it does not keep up.`,
      metric: relayMetric('OverdueAge', alarms.service, { statistic: 'Maximum', period: Duration.minutes(1) }),
      threshold: overdueSeconds,
      periods: 5,
      breachingPeriods: 3,
    });
    relayAlarm(this, 'RepairsAlarm', {
      defaults: alarms,
      ...quiet,
      name: 'Sweep/Repairs',
      severity: 'ticket',
      meaning: `${repairsCount} doorbells or more were lost within five minutes, and the sweep sent them again.`,
      metric: relayMetric('SweepRepairs', alarms.service, { statistic: 'Sum', period: Duration.minutes(5) }),
      threshold: repairsCount,
      periods: 3,
      breachingPeriods: 2,
    });
    relayAlarm(this, 'DamagedTasksAlarm', {
      defaults: alarms,
      ...quiet,
      name: 'Sweep/DamagedTasks',
      severity: 'ticket',
      meaning: 'A task has a damaged row, or a decision was refused because it would have made one.',
      metric: relayMetric('TasksDamaged', alarms.service, { statistic: 'Sum', period: Duration.hours(1) }),
      threshold: 1,
      // A row that was set aside is counted about once an hour, so one hour may miss it.
      periods: 2,
      breachingPeriods: 1,
    });
  }
}
