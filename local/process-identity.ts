// Distinguishes a process from a later one with the same number, by the time at which it was started. Used for
// processes that an earlier run may have left behind.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque; equal for the same process on the same machine. */
  readonly start: string | undefined;
}

/**
 * When a process was started, in the system's own form; undefined when there is none, or the system does not show it.
 */
export function processStart(pid: number): string | undefined {
  try {
    // The name in brackets may hold anything, so fields are counted from the last bracket: the start is the 22nd.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return process.platform === 'linux' ? undefined : startByPs(pid);
  }
}

/** True while this same process is running. */
export function isSameProcess({ pid, start }: ProcessIdentity): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return start !== undefined && processStart(pid) === start;
}

function startByPs(pid: number): string | undefined {
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}
