// The key between the open tabs of this page: a new tab gets it from one that has it, and a tab that signs out signs the
// others out. It goes from memory to memory, through a channel of this origin, and never to the disk.

const CHANNEL = 'get3w-relay-key';

type Message = { readonly kind: 'ask' } | { readonly kind: 'key'; readonly key: string } | { readonly kind: 'left' };

interface KeyHolder {
  /** Undefined while this tab has none. */
  readonly currentKey: () => string | undefined;
  readonly onKey: (key: string) => void;
  readonly onLeft: () => void;
}

export interface SharedKey {
  /** Asks the other tabs for theirs. */
  readonly ask: () => void;
  readonly tellKey: (key: string) => void;
  readonly tellLeft: () => void;
  readonly close: () => void;
}

/** How long a new tab waits for another one's key before it shows the form; a later answer still counts. */
export const ANSWER_MS = 200;

/** Where the browser has no such channel, each tab is on its own. */
export function shareKey({ currentKey, onKey, onLeft }: KeyHolder): SharedKey {
  const channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel(CHANNEL);
  const send = (message: Message): void => channel?.postMessage(message);
  channel?.addEventListener('message', ({ data }: MessageEvent<Message>) => {
    const key = currentKey();
    if (data.kind === 'ask' && key !== undefined) send({ kind: 'key', key });
    // A tab that has a key keeps its own: it may be another account's on purpose.
    if (data.kind === 'key' && key === undefined) onKey(data.key);
    if (data.kind === 'left' && key !== undefined) onLeft();
  });
  return {
    ask: () => send({ kind: 'ask' }),
    tellKey: (key) => send({ kind: 'key', key }),
    tellLeft: () => send({ kind: 'left' }),
    close: () => channel?.close(),
  };
}
