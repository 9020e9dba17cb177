// Checks of who would hear of trouble, and of what AWS lets the account do. A local relay has neither a topic that
// mails nor limits of an account.
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
      return warning(`${silent.length} of ${alarms.length} alarms tell nobody (${silent[0]?.AlarmName}).`, advice);
    }
    const ringing = alarms.filter(({ StateValue: state }) => state === 'ALARM').map(({ AlarmName: name }) => name);
    return ringing.length === 0
      ? ok(`${alarms.length} alarms, none of them ringing.`)
      : warning(`Ringing: ${ringing.join(', ')}.`, 'docs/runbook.md has a section for each.');
  },
};

const listenerCheck: Check = {
  name: 'listeners',
  run: async ({ target: { kind, alarmTopicArn, clientOptions } }) => {
    if (kind === 'local') return skipped('A local relay prints its alarms.');
    const client = commandClient((config) => new SNSClient({ ...config, region: clientOptions.region }));
    const list = new ListSubscriptionsByTopicCommand({ TopicArn: alarmTopicArn });
    const { Subscriptions: all = [] } = await client.send(list).finally(() => client.destroy());
    // Until it is confirmed, a subscription has a word in the place of its ARN.
    const confirmed = all.filter(({ SubscriptionArn: arn }) => arn?.startsWith('arn:'));
    if (confirmed.length > 0) return ok(`${confirmed.length} listen to the alarm topic.`);
    return all.length > 0
      ? warning('Nobody has confirmed yet to be told of alarms.', 'Follow the link in the mail that AWS sent.')
      : warning('Nobody is told of alarms.', 'Deploy with -c alarmEmail=…, or subscribe to the output AlarmTopicArn.');
  },
};

const limitCheck: Check = {
  name: 'limits',
  run: async ({ target: { kind, clientOptions, settings } }) => {
    if (kind === 'local') return skipped('One machine is the limit.');
    const client = commandClient((config) => new LambdaClient({ ...config, region: clientOptions.region }));
    const { AccountLimit: limit } = await client
      .send(new GetAccountSettingsCommand({}))
      .finally(() => client.destroy());
    const { ConcurrentExecutions: quota = 0, UnreservedConcurrentExecutions: free = 0 } = limit ?? {};
    return judgeQuota(settings, { quota, free });
  },
};

export const watchChecks: readonly Check[] = [alarmCheck, listenerCheck, limitCheck];
