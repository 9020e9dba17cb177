// Collects what has just been thrown away, while a stream passes through. Each piece that a socket reads is a buffer outside
// of V8's heap, which hardly fills for it: V8 waits for 64 MB of them, and a function would need that much memory more.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options: { readonly type: 'minor' }) => void;

let collect: Collect | undefined;

/** Takes a millisecond or two. */
export function collectYoung(): void {
  if (!collect) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as Collect;
  }
  collect({ type: 'minor' });
}
