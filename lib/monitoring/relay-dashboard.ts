// The one CloudWatch page that shows an operator the state of the relay: its alarms at the top, then a row for each
// question. dashboard-rows.ts defines the rows.
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

interface RelayDashboardProps {
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
      // Each widget sets its own period, so that a rate covers the same five minutes as its alarm.
      periodOverride: PeriodOverride.INHERIT,
      variables: [modelVariable()],
    });
    dashboard.addWidgets(
      text(`# ${service}\nWhat to do when an alarm fires: \`${runbookUrl}\`. The alarms that page come first.`, 2),
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

/** Replaces the model in the widgets by the chosen one: each model with series of its own, or `other`. */
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
