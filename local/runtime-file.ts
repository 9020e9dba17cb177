// `runtime.json` in the data directory: what tools on this machine need to work on a running local relay as they would
// on a deployed stack: the same outputs, and the addresses of the services. It exists only while the relay is ready.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const RUNTIME_FILE_NAME = 'runtime.json';

export interface RuntimeFile {
  readonly pid: number;
  readonly stackName: string;
  /** As CloudFormation would report them. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly region: string;
  /** Addresses of the stand-ins of AWS's services; they accept any credentials. */
  readonly endpoints: {
    readonly dynamoDb: string;
    readonly sqs: string;
    readonly s3: string;
    readonly others: string;
  };
  /** Key of the account without limits, as the terminal shows it. */
  readonly apiKey: string;
  /** RelaySettings as the functions have them, JSON. */
  readonly settings: string;
  /** Null with the real Get3W. */
  readonly simulatorUrl: string | null;
}

/** Undefined when no relay is ready on this directory. */
export function readRuntimeFile(directory: string): RuntimeFile | undefined {
  try {
    return JSON.parse(readFileSync(join(directory, RUNTIME_FILE_NAME), 'utf8')) as RuntimeFile;
  } catch {
    return undefined;
  }
}
