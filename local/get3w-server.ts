// Which server the relay submits to in place of the simulator, by the environment and the command line: Get3W itself, or
// whatever speaks its language (a mock, a recorder, an address of another region). That it does is for the first task.
import { StartError } from './start-error.ts';

export interface Get3wServer {
  /** No slash at its end. */
  readonly url: string;
  readonly key: string;
  /** Whether it can call this machine's loopback address; without it tasks are polled. */
  readonly callsBack: boolean;
}

export const REAL_GET3W_URL = 'https://api.get3w.com';

/**
 * Undefined for the simulator.
 * @param wantsCallbacks `--callbacks`
 * @throws StartError for what does not go together.
 */
export function readGet3wServer(
  environment: Readonly<Record<string, string | undefined>>,
  wantsCallbacks: boolean,
): Get3wServer | undefined {
  const key = environment['GET3W_API_KEY'] || undefined;
  const given = environment['GET3W_URL'] || undefined;
  if (key === undefined) {
    if (given !== undefined) throw new StartError('GET3W_URL needs GET3W_API_KEY beside it, the key for that server.');
    if (wantsCallbacks) throw new StartError('--callbacks goes with GET3W_URL; the simulator calls back in any case.');
    return undefined;
  }
  const url = given === undefined ? REAL_GET3W_URL : readUrl(given);
  if (wantsCallbacks && given === undefined) {
    throw new StartError('--callbacks needs GET3W_URL: Get3W itself cannot call this machine.');
  }
  return { url, key, callsBack: wantsCallbacks };
}

/** Paths are laid behind it, so it may have a path of its own, but no query. */
function readUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new StartError(`GET3W_URL must be an http or https address, and ${text} is none.`);
  }
  if (url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '') {
    throw new StartError('GET3W_URL must be an address without a query, a fragment, a user or a password.');
  }
  return url.href.replace(/\/+$/, '');
}
