// What the relay's own rules refuse, told as a failure of the command: the flows answer clients of the API, so their refusals
// come as answers of HTTP.
import { HttpFailure } from '../core/http/http-failure.ts';
import { CommandFailure, exitCodes } from './command-failure.ts';
import type { ExitCode } from './command-failure.ts';

const known: Readonly<Record<number, { readonly advice: string; readonly exitCode: ExitCode }>> = {
  400: { advice: '--help shows what each option takes.', exitCode: exitCodes.usage },
  404: { advice: 'Check the id: it may have been deleted meanwhile.', exitCode: exitCodes.notFound },
};
const other = { advice: 'Repeat the command once this has changed.', exitCode: exitCodes.failed };

/** Any other error stays as it is. */
export function refusedAct(error: unknown): unknown {
  if (!(error instanceof HttpFailure) || error.status >= 500) return error;
  const { advice, exitCode } = known[error.status] ?? other;
  return new CommandFailure(sentence(error.details ?? error.message), advice, exitCode, { cause: error });
}

function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}
