// The two alarms that page: composite alarms over every alarm of severity `page`, by subject. However many alarms an
// incident sets off, it pages once; the composite alarm's reason names those that fired.
import { AlarmRule, AlarmState, CompositeAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Construct } from 'constructs';
import { alarmDescription, describeAlarm } from './alarm.ts';
import type { CfnCompositeAlarm, IAlarmRule } from 'aws-cdk-lib/aws-cloudwatch';
import type { AlarmDefaults, MadeAlarm, PageSubject } from './alarm.ts';

interface PageAlarmsProps {
  /** Must hold every alarm already, so make the page alarms last. */
  readonly defaults: AlarmDefaults;
}

const pages: Readonly<Record<PageSubject, { readonly name: string; readonly meaning: string }>> = {
  users: {
    name: 'Relay/UsersNotServed',
    meaning: 'Users get errors, or lose tasks whose requests were valid.',
  },
  work: {
    name: 'Relay/WorkStuck',
    meaning: 'Work is stuck or in a dead-letter queue, and does not continue without an operator.',
  },
};

export class PageAlarms extends Construct {
  readonly alarms: readonly CompositeAlarm[];

  constructor(scope: Construct, id: string, { defaults }: PageAlarmsProps) {
    super(scope, id);
    this.alarms = Object.entries(pages).map(([subject, { name, meaning }]) => {
      const props = { defaults, name, severity: 'page', meaning } as const;
      const alarm = new CompositeAlarm(this, subject === 'users' ? 'UsersNotServed' : 'WorkStuck', {
        compositeAlarmName: `${defaults.service}/${name}`,
        alarmDescription: alarmDescription(props),
        alarmRule: ruleOver(defaults.made.filter((made) => made.severity === 'page' && made.pages === subject)),
      });
      alarm.addAlarmAction(new SnsAction(defaults.topic));
      alarm.addOkAction(new SnsAction(defaults.topic));
      const reason = 'it has none of its own: the rules of its alarms apply.';
      describeAlarm(alarm, alarm.node.defaultChild as CfnCompositeAlarm, props, reason);
      return alarm;
    });
  }
}

/** True for any of the alarms; for those that page only together, when all are in ALARM. */
function ruleOver(made: readonly MadeAlarm[]): IAlarmRule {
  const groups = Map.groupBy(made, ({ alarm, onlyTogether }) => onlyTogether ?? alarm.node.path);
  const rules = [...groups.values()].map((group) => {
    const states = group.map(({ alarm }) => AlarmRule.fromAlarm(alarm, AlarmState.ALARM));
    return states.length === 1 && states[0] ? states[0] : AlarmRule.allOf(...states);
  });
  return AlarmRule.anyOf(...rules);
}
