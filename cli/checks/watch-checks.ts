// Checks of the alarms and their subscribers, and of the account's limits at AWS. A local relay has neither a mail
// topic nor account limits.
import { DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { GetAccountSettingsCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { ListSubscriptionsByTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { commandClient } from '../command-client.ts';
import { ok, failed, skipped, warning } from './check.ts';
import { judgeQuota } from './judge-quota.ts';
import type { Check, CheckContext } from './check.ts';

async function alarmsOf({ target: { clients, serviceName } }: CheckContext) {
  const alarms = [];
  let next: string | undefined;
  do {
    const page = await clients.cloudWatch.send(
      new DescribeAlarmsCommand({
        AlarmNamePrefix: `${serviceName}/`,
        AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
        ...(next !== undefined && { NextToken: next }),
      }),
    );
    alarms.push(...(page.MetricAlarms ?? []), ...(page.CompositeAlarms ?? []));
    next = page.NextToken;
  } while (next !== undefined);
  return alarms;
}

const alarmCheck: Check = {
  name: 'alarms',
  run: async (context) => {
    const alarms = await alarmsOf(context);
    if (alarms.length === 0) return failed('There are no alarms.', 'Deploy again: the template makes them.');
    const silent = alarms.filter(({ ActionsEnabled: isOn }) => isOn === false);
    if (silent.length > 0) {
      const advice = 'Enable their actions: aws cloudwatch enable-alarm-actions --alarm-names …';
      return warning(`${silent.length} of ${alarms.length} alarms notify no one (${silent[0]?.AlarmName}).`, advice);
    }
    const ringing = alarms.filter(({ StateValue: state }) => state === 'ALARM').map(({ AlarmName: name }) => name);
    return ringing.length === 0
      ? ok(`${alarms.length} alarms, none of them on.`)
      : warning(`Alarms that are on: ${ringing.join(', ')}.`, 'docs/runbook.md has a section for each.');
  },
};

const listenerCheck: Check = {
  name: 'listeners',
  run: async ({ target: { kind, alarmTopicArn, clientOptions } }) => {
    if (kind === 'local') return skipped('A local relay prints its alarms.');
    const client = commandClient((config) => new SNSClient({ ...config, region: clientOptions.region }));
    const list = new ListSubscriptionsByTopicCommand({ TopicArn: alarmTopicArn });
    const { Subscriptions: all = [] } = await client.send(list).finally(() => client.destroy());
    // Until a subscription is confirmed, AWS shows a word in place of its ARN.
    const confirmed = all.filter(({ SubscriptionArn: arn }) => arn?.startsWith('arn:'));
    if (confirmed.length > 0) return ok(`The alarm topic has ${confirmed.length} confirmed subscriptions.`);
    return all.length > 0
      ? warning('No subscription to the alarm topic is confirmed.', 'Follow the link in the mail from AWS.')
      : warning(
          'The alarm topic has no subscription.',
          'Deploy with -c alarmEmail=…, or subscribe to the output AlarmTopicArn.',
        );
  },
};

const limitCheck: Check = {
  name: 'limits',
  run: async ({ target: { kind, clientOptions, settings } }) => {
    if (kind === 'local') return skipped('A local relay has no account limits.');
    const client = commandClient((config) => new LambdaClient({ ...config, region: clientOptions.region }));
    const { AccountLimit: limit } = await client
      .send(new GetAccountSettingsCommand({}))
      .finally(() => client.destroy());
    const { ConcurrentExecutions: quota = 0, UnreservedConcurrentExecutions: free = 0 } = limit ?? {};
    return judgeQuota(settings, { quota, free });
  },
};

export const watchChecks: readonly Check[] = [alarmCheck, listenerCheck, limitCheck];
