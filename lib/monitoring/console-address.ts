// The address of CloudWatch's pages in the stack's own partition and region, for the links in alarms. The partition is
// known only at deployment, so the hosts are in a mapping of the template.
import { CfnMapping, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** By partition: each has a console of its own, in which the accounts of the others do not exist. */
const hosts: Readonly<Record<string, string>> = {
  aws: 'console.aws.amazon.com',
  'aws-cn': 'console.amazonaws.cn',
  'aws-us-gov': 'console.amazonaws-us-gov.com',
  'aws-eusc': 'console.amazonaws-eusc.eu',
  'aws-iso': 'console.c2shome.ic.gov',
  'aws-iso-b': 'console.sc2shome.sgov.gov',
};

/**
 * Address of CloudWatch's pages, to which `#alarmsV2:…` or `#dashboards/…` is appended. Call it once for each relay.
 */
export function consoleAddress(scope: Construct): string {
  const { region, partition } = Stack.of(scope);
  const mapping = Object.fromEntries(Object.entries(hosts).map(([name, host]) => [name, { host }]));
  const host = new CfnMapping(scope, 'ConsoleHosts', { mapping }).findInMap(partition, 'host');
  return `https://${region}.${host}/cloudwatch/home?region=${region}`;
}
