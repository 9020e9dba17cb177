// Finds a relay that runs on this machine, by the runtime file in its data directory.
// The local services accept any credentials, and AWS credentials are never sent to them.
import { CommandFailure, exitCodes } from './command-failure.ts';
import { makeClients, readOutputs } from './relay-target.ts';
import { readRuntimeFile } from '../local/runtime-file.ts';
import type { RelaySettings } from '../core/domain/settings.ts';
import type { RelayTarget } from './relay-target.ts';

/** @throws CommandFailure when no relay is ready on this directory. */
export function openLocalTarget(directory: string): RelayTarget {
  const file = readRuntimeFile(directory);
  if (file === undefined || !isAlive(file.pid)) {
    throw new CommandFailure(
      `No local relay is running on ${directory}.`,
      'Start one with `npm start`, name its data directory with --data, or name a deployed relay with --stack.',
      exitCodes.notFound,
    );
  }
  const { stackName, outputs, region, endpoints, settings, simulatorUrl, apiKey } = file;
  const clientOptions = { region, endpoints, credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
  return {
    kind: 'local',
    name: directory,
    ...readOutputs(outputs, stackName),
    simulatorUrl: simulatorUrl ?? undefined,
    localKey: apiKey,
    settings: JSON.parse(settings) as RelaySettings,
    clients: makeClients(clientOptions),
    clientOptions,
  };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
