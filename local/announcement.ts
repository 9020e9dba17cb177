// What a local relay reports when it is ready: on the terminal what a newcomer needs, in the data directory the same
// for programs. --help and the documentation describe the rest.
import { relative } from 'node:path';
import colours from 'picocolors';
import { REAL_GET3W_URL } from './get3w-server.ts';
import type { DataDirectory } from './data-directory.ts';
import type { Get3wServer } from './get3w-server.ts';
import type { RelayRuntime } from './relay-runtime.ts';

/** The form for programs, `local.json` in the data directory; it exists only while the relay is ready. */
export interface LocalRelayFile {
  readonly url: string;
  readonly apiKey: string;
  /** Null with the real Get3W. */
  readonly simulatorUrl: string | null;
  readonly pid: number;
  /** Signs the webhooks of the printed account's tasks. */
  readonly webhookSecret: string;
  readonly keys: { readonly limited: string; readonly empty: string; readonly revoked: string };
}

export const LOCAL_FILE_NAME = 'local.json';

export function localRelayFile({ url, simulatorUrl, keys }: RelayRuntime): LocalRelayFile {
  const { apiKey, webhookSecret, ...others } = keys;
  return { url, apiKey, simulatorUrl: simulatorUrl ?? null, pid: process.pid, webhookSecret, keys: others };
}

/** @param readyMs from the start of the process. */
export function announcement(runtime: RelayRuntime, data: DataDirectory, readyMs: number): string {
  const { url, simulatorUrl, get3w, manners, keys, speedFactor } = runtime;
  const row = (name: string, value: string): string => `  ${colours.dim(name.padEnd(11))}${value}`;
  const isSimulated = simulatorUrl !== undefined;
  const model = isSimulated ? 'simulator/5003.5003.0/text-to-image' : '{vendor}/{model}/{task}';
  const authorization = `-H 'Authorization: Bearer ${keys.apiKey}'`;
  const directory = relative(process.cwd(), data.path) || '.';
  return [
    '',
    colours.bold('Get3W Relay') +
      ` runs on this machine ${colours.dim(`(ready in ${(readyMs / 1_000).toFixed(1)} s)`)}`,
    '',
    row('API', colours.cyan(url)),
    // A fragment is never sent to a server; the page reads the key and removes it from the address.
    row('Console', colours.cyan(`${url}/console#key=${keys.apiKey}`)),
    row('Key', keys.apiKey),
    // The lines in README and docs use $URL and $KEY: after this one they can be pasted.
    row('Shell', `export URL='${url}' KEY='${keys.apiKey}'`),
    row('Webhooks', `signed with ${keys.webhookSecret}`),
    row('Get3W', get3w ? describeServer(get3w) : `${colours.cyan(simulatorUrl ?? '')} (simulator)`),
    row('Data', `${directory} (kept; --fresh starts empty)`),
    ...(speedFactor > 1
      ? [row('Pace', `--quick: schedules and alarms run ${speedFactor} times as fast, waits are short`)]
      : []),
    ...(manners
      ? [row('Like AWS', `${manners.concurrencyMax} executions at once, throttles, functions freeze between calls`)]
      : []),
    '',
    isSimulated ? 'A task that fails twice with 5003 and completes nevertheless:' : 'A task:',
    '',
    `  curl -s -X POST '${url}/v1/${model}?sync=true' \\`,
    `    ${authorization} -H 'Content-Type: application/json' \\`,
    `    -d '{"prompt":"a lighthouse at dusk"}'`,
    '',
    'To see it and its attempts, with the id from the answer:',
    '',
    `  curl -s ${url}/v1/requests/{id} ${authorization}`,
    '',
    colours.dim('Ctrl-C stops the relay; the next start continues with its data.'),
    '',
  ].join('\n');
}

function describeServer({ url, callsBack }: Get3wServer): string {
  if (url === REAL_GET3W_URL) return 'the real one; every task costs money';
  return `${colours.cyan(url)} (${callsBack ? 'calls this machine back' : 'polled; --callbacks waits for its webhooks'})`;
}
