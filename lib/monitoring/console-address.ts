// Where CloudWatch's pages are in the stack's own partition and region, for the links in alarms.
// Which partition that is, only the deployment knows, so the hosts lie in a mapping of the template.
import { CfnMapping, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** By partition: each has a console of its own, and a link into another one asks for an account that is not there. */
const hosts: Readonly<Record<string, string>> = {
  aws: 'console.aws.amazon.com',
  'aws-cn': 'console.amazonaws.cn',
  'aws-us-gov': 'console.amazonaws-us-gov.com',
  'aws-eusc': 'console.amazonaws-eusc.eu',
  'aws-iso': 'console.c2shome.ic.gov',
  'aws-iso-b': 'console.sc2shome.sgov.gov',
};

/** Address of CloudWatch's pages; `#alarmsV2:…` and `#dashboards/…` follow. Once for each relay. */
export function consoleAddress(scope: Construct): string {
  const { region, partition } = Stack.of(scope);
  const mapping = Object.fromEntries(Object.entries(hosts).map(([name, host]) => [name, { host }]));
  const host = new CfnMapping(scope, 'ConsoleHosts', { mapping }).findInMap(partition, 'host');
  return `https://${region}.${host}/cloudwatch/home?region=${region}`;
}
