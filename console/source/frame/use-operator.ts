// Whether the key may operate, which decides what the page asks for: everybody's things or the account's own. Asked once
// for each key, by a call that only operators may make.
import { useEffect, useState } from 'preact/hooks';
import { RelayRefusal } from '../relay/relay-client.ts';
import { useRelay } from './relay-context.ts';
import type { RelayClient } from '../relay/relay-client.ts';

const answers = new WeakMap<RelayClient, Promise<boolean>>();

async function mayOperate(client: RelayClient): Promise<boolean> {
  try {
    await client.get('/v1/accounts?limit=1');
    return true;
  } catch (error) {
    if (error instanceof RelayRefusal && error.status === 403) return false;
    // Not known after all: the next view asks again, and this one shows what every key may see.
    answers.delete(client);
    return false;
  }
}

/** Undefined until the relay has answered. */
export function useOperator(): boolean | undefined {
  const { client } = useRelay();
  const [isOperator, setOperator] = useState<boolean>();
  useEffect(() => {
    const asked = answers.get(client) ?? mayOperate(client);
    answers.set(client, asked);
    void asked.then(setOperator);
  }, [client]);
  return isOperator;
}
