// Takes the first free port of several, for servers that prefer the port of the last run. A port that the user asked
// for is the only candidate, so it is an error when it is taken.
import { StartError } from './start-error.ts';

interface Listening<T> {
  readonly result: T;
  readonly isSecondChoice: boolean;
}

/**
 * @param candidates in order of preference, 0 for any free one.
 * @param listen rejects with EADDRINUSE for a port that is taken.
 * @throws StartError when all are taken.
 */
export async function listenOn<T>(
  candidates: readonly number[],
  listen: (port: number) => Promise<T>,
): Promise<Listening<T>> {
  for (const port of candidates) {
    try {
      return { result: await listen(port), isSecondChoice: port !== candidates[0] };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error;
    }
  }
  throw new StartError(`Port ${candidates[0]} is not available. Choose another with --port, or 0 for any free one.`);
}
