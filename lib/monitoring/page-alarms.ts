// The two alarms that wake somebody: composite ones over every alarm of severity `page`, by what they are about.
// However many alarms one trouble sets off, it wakes once; which of them it was stands in the composite alarm's reason.
import { AlarmRule, AlarmState, CompositeAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Construct } from 'constructs';
import { alarmDescription, describeAlarm } from './alarm.ts';
import type { CfnCompositeAlarm, IAlarmRule } from 'aws-cdk-lib/aws-cloudwatch';
import type { AlarmDefaults, MadeAlarm, PageSubject } from './alarm.ts';

export interface PageAlarmsProps {
  /** With every alarm already in it: make this one last. */
  readonly defaults: AlarmDefaults;
}

const pages: Readonly<Record<PageSubject, { readonly name: string; readonly meaning: string }>> = {
  users: {
    name: 'Relay/UsersNotServed',
    meaning: 'Users get errors, or lose tasks whose requests were in order.',
  },
  work: {
    name: 'Relay/WorkStuck',
    meaning: 'Work stands still or was put aside, and does not go on without somebody.',
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
      const reason = 'it has none of its own: what its alarms make of missing data counts.';
      describeAlarm(alarm, alarm.node.defaultChild as CfnCompositeAlarm, props, reason);
      return alarm;
    });
  }
}

/** Any of them; of those that page only together, all. */
function ruleOver(made: readonly MadeAlarm[]): IAlarmRule {
  const groups = Map.groupBy(made, ({ alarm, onlyTogether }) => onlyTogether ?? alarm.node.path);
  const rules = [...groups.values()].map((group) => {
    const states = group.map(({ alarm }) => AlarmRule.fromAlarm(alarm, AlarmState.ALARM));
    return states.length === 1 && states[0] ? states[0] : AlarmRule.allOf(...states);
  });
  return AlarmRule.anyOf(...rules);
}
