// What every view needs: the relay's client with the user's key, and whether the relay is local.
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { LocalRuntime } from '../relay/local-runtime.ts';
import type { RelayClient } from '../relay/relay-client.ts';

interface RelayAccess {
  readonly client: RelayClient;
  /** Undefined in AWS. */
  readonly local: LocalRuntime | undefined;
}

export const RelayContext = createContext<RelayAccess | undefined>(undefined);

/** @throws Error outside of a signed-in page: a fault of the page's own. */
export function useRelay(): RelayAccess {
  const access = useContext(RelayContext);
  if (!access) throw new Error('no relay in this part of the page');
  return access;
}
