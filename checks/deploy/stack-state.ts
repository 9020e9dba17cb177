// The state of a deployed stack, from CloudFormation: its status, and the physical id of each logical id, which
// distinguishes a replacement from an update.
import {
  CloudFormationClient,
  DescribeStacksCommand,
  ListStackResourcesCommand,
  UpdateTerminationProtectionCommand,
} from '@aws-sdk/client-cloudformation';

export interface StackState {
  readonly status: string;
  readonly outputs: Readonly<Record<string, string>>;
  /** Physical ids by logical id. */
  readonly resources: Readonly<Record<string, string>>;
}

export interface StackReader {
  /** Undefined when the stack does not exist, or no longer does. */
  read(): Promise<StackState | undefined>;
  unprotect(): Promise<void>;
}

export function stackReader(endpoint: string, stackName: string): StackReader {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new CloudFormationClient({ endpoint, region: 'us-east-1', credentials });
  const listed = async (): Promise<Record<string, string>> => {
    const resources: Record<string, string> = {};
    let next: string | undefined;
    do {
      const page = await client.send(new ListStackResourcesCommand({ StackName: stackName, NextToken: next }));
      for (const {
        LogicalResourceId: logicalId = '',
        PhysicalResourceId: physicalId = '',
      } of page.StackResourceSummaries ?? []) {
        resources[logicalId] = physicalId;
      }
      next = page.NextToken;
    } while (next !== undefined);
    return resources;
  };
  return {
    async read() {
      try {
        const { Stacks: stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: stackName }));
        const [stack] = stacks;
        if (!stack || stack.StackStatus === 'DELETE_COMPLETE') return undefined;
        const outputs = (stack.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey ?? '', OutputValue ?? '']);
        return {
          status: stack.StackStatus ?? '',
          outputs: Object.fromEntries(outputs) as Record<string, string>,
          resources: await listed(),
        };
      } catch (error) {
        if (error instanceof Error && error.name === 'ValidationError') return undefined;
        throw error;
      }
    },
    async unprotect() {
      const change = new UpdateTerminationProtectionCommand({
        StackName: stackName,
        EnableTerminationProtection: false,
      });
      await client.send(change);
    },
  };
}

/** Logical ids whose physical id has changed. */
export function replacedBetween(before: StackState, after: StackState): readonly string[] {
  return Object.entries(before.resources)
    .filter(([logicalId, physicalId]) => logicalId in after.resources && after.resources[logicalId] !== physicalId)
    .map(([logicalId]) => logicalId);
}
