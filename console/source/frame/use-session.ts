// Who is signed in in this tab: by the address, by the tab's storage, by another tab, or by the form.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { makeRelayClient } from '../relay/relay-client.ts';
import { storedKey, storeKey, takeKeyOfAddress } from '../relay/session-key.ts';
import { ANSWER_MS, shareKey } from '../relay/shared-key.ts';
import { stopTraffic } from '../simulator/traffic.ts';
import type { RelayClient } from '../relay/relay-client.ts';
import type { SharedKey } from '../relay/shared-key.ts';

interface Session {
  /** Undefined until a key is known. */
  readonly client: RelayClient | undefined;
  /** Whether another tab may still bring the key. */
  readonly isAsking: boolean;
  /** Why the user was signed out. */
  readonly reason: string | undefined;
  readonly enter: (key: string) => void;
  /** In all tabs. */
  readonly signOut: () => void;
}

export function useSession(): Session {
  const [key, setKey] = useState(() => takeKeyOfAddress() ?? storedKey());
  const [isAsking, setAsking] = useState(key === undefined);
  const [reason, setReason] = useState<string>();
  const current = useRef(key);
  current.current = key;
  const shared = useRef<SharedKey>(undefined);
  const take = (taken: string): void => {
    storeKey(taken);
    current.current = taken;
    setReason(undefined);
    setKey(taken);
  };
  const leave = (why?: string): void => {
    storeKey(undefined);
    current.current = undefined;
    stopTraffic();
    setReason(why);
    setKey(undefined);
  };
  useEffect(() => {
    const channel = shareKey({
      currentKey: () => current.current,
      onKey: take,
      onLeft: () => leave('You have signed out in another tab'),
    });
    shared.current = channel;
    if (current.current === undefined) channel.ask();
    const timer = setTimeout(() => setAsking(false), ANSWER_MS);
    const takeOfAddress = (): void => {
      const taken = takeKeyOfAddress();
      if (taken !== undefined) take(taken);
    };
    addEventListener('hashchange', takeOfAddress);
    return () => {
      channel.close();
      clearTimeout(timer);
      removeEventListener('hashchange', takeOfAddress);
    };
  }, []);
  // A key that the relay no longer knows: the other tabs find that out themselves.
  const client = useMemo(() => (key === undefined ? undefined : makeRelayClient(key, leave)), [key]);
  return {
    client,
    isAsking: isAsking && key === undefined,
    reason,
    enter: (entered) => {
      take(entered);
      shared.current?.tellKey(entered);
    },
    signOut: () => {
      leave();
      shared.current?.tellLeft();
    },
  };
}
