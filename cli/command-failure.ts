// A command that failed, explained to a person: what is wrong, and what to do about it.
// Any other error is a fault of the command line itself and is printed with its stack.

/** Exit codes; scripts rely on them, so they never change their meaning. */
export const exitCodes = {
  done: 0,
  /** The command failed, or a check of `doctor` did. */
  failed: 1,
  /** The command line itself is wrong. */
  usage: 2,
  /** The relay, or the object of the command, does not exist. */
  notFound: 3,
  /** Ended by Ctrl-C before what it followed was over; as shells have it. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export class CommandFailure extends Error {
  /** What to do about it, as a sentence. */
  readonly advice: string;
  readonly exitCode: ExitCode;

  constructor(message: string, advice: string, exitCode: ExitCode = exitCodes.failed, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CommandFailure';
    this.advice = advice;
    this.exitCode = exitCode;
  }
}
