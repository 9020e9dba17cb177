// Chooses, from the environment and the command line, the server that the relay submits to in place of the simulator:
// Get3W itself, or a server with the same API (a mock, a recorder, another region). It is not checked here; the first
// task shows whether it works.
import { StartError } from './start-error.ts';

export interface Get3wServer {
  /** Without a slash at its end. */
  readonly url: string;
  readonly key: string;
  /** Whether it can call this machine's loopback address; if not, tasks are polled. */
  readonly callsBack: boolean;
}

export const REAL_GET3W_URL = 'https://api.get3w.com';

/**
 * Undefined for the simulator.
 * @param wantsCallbacks `--callbacks`
 * @throws StartError for a combination that makes no sense.
 */
export function readGet3wServer(
  environment: Readonly<Record<string, string | undefined>>,
  wantsCallbacks: boolean,
): Get3wServer | undefined {
  const key = environment['GET3W_API_KEY'] || undefined;
  const given = environment['GET3W_URL'] || undefined;
  if (key === undefined) {
    if (given !== undefined) throw new StartError('GET3W_URL also needs GET3W_API_KEY, the key for that server.');
    if (wantsCallbacks)
      throw new StartError('--callbacks works only with GET3W_URL; the simulator calls back in any case.');
    return undefined;
  }
  const url = given === undefined ? REAL_GET3W_URL : readUrl(given);
  if (wantsCallbacks && given === undefined) {
    throw new StartError('--callbacks needs GET3W_URL: Get3W itself cannot call this machine.');
  }
  return { url, key, callsBack: wantsCallbacks };
}

/** Paths are appended to it, so it may have a path of its own, but no query. */
function readUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new StartError(`GET3W_URL must be an http or https address, not ${text}.`);
  }
  if (url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '') {
    throw new StartError('GET3W_URL must be an address without a query, a fragment, a user or a password.');
  }
  return url.href.replace(/\/+$/, '');
}
