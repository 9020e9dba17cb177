// Get3W as it is in Lambda, made from a function's environment. Apart from make-ports.ts: a function that does not call
// Get3W would load what calls it needs.
import { makeGet3wProvider } from './get3w-provider.ts';
import { makeSecret } from './secrets.ts';
import type { Environment } from '../contract/environment.ts';
import type { Clock, Provider } from '../ports/ports.ts';
import type { RelaySettings } from '../domain/settings.ts';

/** Get3W with the key from its secret. */
export function makeProvider(
  environment: Pick<Environment<'settle'>, 'GET3W_URL' | 'GET3W_KEY_SECRET_ARN'>,
  { clock, settings }: { readonly clock: Clock; readonly settings: RelaySettings },
): Provider {
  const secret = makeSecret(environment.GET3W_KEY_SECRET_ARN, clock);
  return makeGet3wProvider({ baseUrl: environment.GET3W_URL, secret, timeoutMs: settings.submitTimeoutMs, clock });
}
