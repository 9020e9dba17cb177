// An error that the user at the terminal can correct: shown as a sentence, without a stack. Every other error in the
// local runtime is a fault of the runtime and keeps its stack.

export class StartError extends Error {
  override readonly name: string = 'StartError';
}
