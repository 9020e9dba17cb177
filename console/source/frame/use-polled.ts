// Keeps an answer of the relay fresh: polls while the tab is visible, less and less often while answers stay the same
// or the relay does not answer. The page shows the last answer until a newer one arrives.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { waitMs } from './pace.ts';
import { RelayRefusal } from '../relay/relay-client.ts';
import type { Pace } from './pace.ts';

export interface Polled<T> {
  readonly value: T | undefined;
  /** Why the last call failed; undefined after one that did not. */
  readonly refusal: RelayRefusal | undefined;
  /** When the value arrived, milliseconds since the epoch. */
  readonly at: number | undefined;
  /** Polls now. */
  readonly refresh: () => void;
}

interface PolledOptions<T> {
  /** Identifies the question: when it changes, the old answer is dropped. */
  readonly key: string;
  readonly load: (signal: AbortSignal) => Promise<T>;
  /** How often, after this answer; undefined before the first. */
  readonly pace: (value: T | undefined) => Pace;
  /** A text that is the same as long as nothing has changed. @default the whole answer */
  readonly versionOf?: (value: T) => string;
  /** While true the last answer stays, and only `refresh` asks again. */
  readonly isHeld?: boolean;
}

type Known<T> = Omit<Polled<T>, 'refresh'> & { readonly key: string };

export function usePolled<T>({ key, isHeld = false, ...options }: PolledOptions<T>): Polled<T> {
  const [known, setKnown] = useState<Known<T>>({ key, value: undefined, refusal: undefined, at: undefined });
  const [round, setRound] = useState(0);
  const latest = useRef(options);
  latest.current = options;
  const held = useRef(isHeld);
  held.current = isHeld;

  useEffect(() => {
    const stopping = new AbortController();
    let failures = 0;
    let sameCount = 0;
    let version: string | undefined;
    let pace = latest.current.pace(undefined);
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isForbidden = false;
    const ask = async (): Promise<void> => {
      try {
        const { load, versionOf = JSON.stringify } = latest.current;
        const value = await load(stopping.signal);
        const before = version;
        version = versionOf(value);
        failures = 0;
        sameCount = version === before ? sameCount + 1 : 0;
        pace = latest.current.pace(value);
        setKnown({ key, value, refusal: undefined, at: Date.now() });
      } catch (error) {
        if (stopping.signal.aborted) return;
        if (!(error instanceof RelayRefusal)) throw error;
        failures += 1;
        // The key will not get the right by being asked again.
        isForbidden = error.status === 403;
        setKnown((before) =>
          before.key === key ? { ...before, refusal: error } : { key, value: undefined, refusal: error, at: undefined },
        );
      }
      schedule();
    };
    const schedule = (): void => {
      if (stopping.signal.aborted || document.hidden || held.current || isForbidden) return;
      timer = setTimeout(() => void ask(), waitMs(pace, failures, sameCount));
    };
    const wake = (): void => {
      clearTimeout(timer);
      // A user who returns to the tab wants the current state, and soon the next one.
      sameCount = 0;
      if (!document.hidden && !held.current) void ask();
    };
    document.addEventListener('visibilitychange', wake, { signal: stopping.signal });
    void ask();
    return () => {
      stopping.abort();
      clearTimeout(timer);
    };
  }, [key, round]);

  const wasHeld = useRef(false);
  useEffect(() => {
    // Let go: what changed meanwhile is wanted now.
    if (wasHeld.current && !isHeld) setRound((count) => count + 1);
    wasHeld.current = isHeld;
  }, [isHeld]);

  const refresh = useCallback(() => setRound((count) => count + 1), []);
  const current = known.key === key ? known : { value: undefined, refusal: undefined, at: undefined };
  return { value: current.value, refusal: current.refusal, at: current.at, refresh };
}
