// The one page of CloudWatch on which an operator sees how the relay does: the states of its alarms on top, then a row
// for each question. What stands in the rows is dashboard-rows.ts's.
import {
  AlarmStatusWidget,
  Dashboard,
  DashboardVariable,
  PeriodOverride,
  TextWidget,
  Values,
  VariableInputType,
  VariableType,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { METRIC_NAMESPACE } from '../../core/contract/metrics.ts';
import { dashboardRows } from './dashboard-rows.ts';
import type { CompositeAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { AlarmDefaults } from './alarm.ts';
import type { DashboardSubject } from './dashboard-rows.ts';

export interface RelayDashboardProps {
  readonly defaults: AlarmDefaults;
  readonly pages: readonly CompositeAlarm[];
  readonly subject: DashboardSubject;
}

const FULL_WIDTH = 24;

export class RelayDashboard extends Construct {
  constructor(scope: Construct, id: string, { defaults, pages, subject }: RelayDashboardProps) {
    super(scope, id);
    const { service, runbookUrl, made } = defaults;
    const dashboard = new Dashboard(this, 'Dashboard', {
      dashboardName: service,
      // Each widget says its period: a rate over five minutes is what its alarm looks at.
      periodOverride: PeriodOverride.INHERIT,
      variables: [modelVariable()],
    });
    dashboard.addWidgets(
      text(
        `# ${service}\nWhat to do when an alarm fires: \`${runbookUrl}\`. The alarms that wake somebody come first.`,
        2,
      ),
    );
    dashboard.addWidgets(
      new AlarmStatusWidget({
        title: 'Alarms',
        alarms: [...pages, ...made.map(({ alarm }) => alarm)],
        width: FULL_WIDTH,
        height: 6,
      }),
    );
    for (const { title, widgets } of dashboardRows(subject)) {
      dashboard.addWidgets(text(`## ${title}`, 1));
      dashboard.addWidgets(...widgets);
    }
  }
}

function text(markdown: string, height: number): TextWidget {
  return new TextWidget({ markdown, width: FULL_WIDTH, height });
}

/** Puts a model in the place of the one that the widgets name: those that the settings tell apart, and the others. */
function modelVariable(): DashboardVariable {
  return new DashboardVariable({
    id: 'model',
    label: 'Model',
    type: VariableType.PROPERTY,
    value: 'model',
    inputType: VariableInputType.SELECT,
    values: Values.fromSearchComponents({
      namespace: METRIC_NAMESPACE,
      dimensions: ['service', 'model'],
      metricName: 'TasksEnded',
      populateFrom: 'model',
    }),
  });
}
