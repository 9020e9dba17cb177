// Keeps an answer of the relay fresh: asks again after a while, not while nobody looks, and ever more seldom while the
// relay does not answer. What was known stays on the page until something newer comes.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { RelayRefusal } from '../relay/relay-client.ts';

export interface Polled<T> {
  readonly value: T | undefined;
  /** Why the last call failed; undefined after one that did not. */
  readonly refusal: RelayRefusal | undefined;
  /** When the value came, milliseconds since the epoch. */
  readonly at: number | undefined;
  /** Asks now. */
  readonly refresh: () => void;
}

export interface PolledOptions<T> {
  /** What is asked for: when it changes, what was known is forgotten. */
  readonly key: string;
  readonly load: (signal: AbortSignal) => Promise<T>;
  readonly everyMs: number;
}

const SLOWEST_MS = 30_000;

type Known<T> = Omit<Polled<T>, 'refresh'> & { readonly key: string };

export const usePolled = <T>({ key, load, everyMs }: PolledOptions<T>): Polled<T> => {
  const [known, setKnown] = useState<Known<T>>({ key, value: undefined, refusal: undefined, at: undefined });
  const [round, setRound] = useState(0);
  const latestLoad = useRef(load);
  latestLoad.current = load;

  useEffect(() => {
    const stopping = new AbortController();
    let failures = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async (): Promise<void> => {
      try {
        const value = await latestLoad.current(stopping.signal);
        failures = 0;
        setKnown({ key, value, refusal: undefined, at: Date.now() });
      } catch (error) {
        if (stopping.signal.aborted) return;
        if (!(error instanceof RelayRefusal)) throw error;
        failures += 1;
        setKnown((before) =>
          before.key === key ? { ...before, refusal: error } : { key, value: undefined, refusal: error, at: undefined },
        );
      }
      schedule();
    };
    const schedule = (): void => {
      if (stopping.signal.aborted || document.hidden) return;
      timer = setTimeout(() => void ask(), Math.min(SLOWEST_MS, everyMs * 2 ** failures));
    };
    const wake = (): void => {
      clearTimeout(timer);
      if (!document.hidden) void ask();
    };
    document.addEventListener('visibilitychange', wake, { signal: stopping.signal });
    void ask();
    return () => {
      stopping.abort();
      clearTimeout(timer);
    };
  }, [key, everyMs, round]);

  const refresh = useCallback(() => setRound((count) => count + 1), []);
  const current = known.key === key ? known : { value: undefined, refusal: undefined, at: undefined };
  return { value: current.value, refusal: current.refusal, at: current.at, refresh };
};
