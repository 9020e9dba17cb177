// A fault that the person at the terminal can mend: shown as a sentence, without a stack. Everything else that goes
// wrong in the local runtime is a fault of the runtime and keeps its stack.

export class StartError extends Error {
  override readonly name: string = 'StartError';
}
