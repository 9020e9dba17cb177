// A command that could not be done, told to a person: what is the matter, and what to do about it.
// Anything else that is thrown is a fault of the command line itself and is told with its stack.

/** Exit codes; scripts rely on them, so they never change their meaning. */
export const exitCodes = {
  done: 0,
  /** The command could not be done, or a check of `doctor` failed. */
  failed: 1,
  /** The command line itself is wrong. */
  usage: 2,
  /** The relay, or what the command is about, is not there. */
  notFound: 3,
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
