// The words that say what happens to one submit: the steps of a scripted model and the keys of `faults` are the same
// vocabulary. Reads and chooses steps; what a step leads to is attempt-plan.ts.
import { gatewayStatuses, refusalStatuses, taskCodes } from './simulator-errors.ts';

const quirks = ['reset', 'lost', 'silent', 'twice', 'early', 'never', 'hang', 'garbled'] as const;
const stepsMax = 100;

/**
 * reset: closed before anything was made · lost: made, no answer · silent: no webhook · twice: webhook twice ·
 * early: webhook before the answer · never: does not end · hang: made, the answer never comes · garbled: made,
 * answered 200 with HTML.
 */
export type Quirk = (typeof quirks)[number];

export type Step =
  | { readonly kind: 'task'; readonly code: number }
  | { readonly kind: 'refusal'; readonly status: number }
  | { readonly kind: 'gateway'; readonly status: number }
  | { readonly kind: 'quirk'; readonly quirk: Quirk };

export const success: Step = { kind: 'task', code: 0 };

/** Reads one word; null when it is none of the vocabulary. */
export function parseStep(word: string): Step | null {
  const quirk = quirks.find((name) => name === word);
  if (quirk !== undefined) return { kind: 'quirk', quirk };
  // Only the plain spelling counts: `05003`, `5e3` and the like would make two names for one script.
  if (!/^(0|[1-9]\d{2,3})$/.test(word)) return null;
  const number = Number(word);
  if (taskCodes.includes(number)) return { kind: 'task', code: number };
  if (refusalStatuses.includes(number)) return { kind: 'refusal', status: number };
  if (gatewayStatuses.includes(number)) return { kind: 'gateway', status: number };
  return null;
}

/** Reads a script such as `5003.429.0`; null when a step is unknown or there are more than 100. */
export function parseScript(text: string): readonly Step[] | null {
  const words = text.split('.');
  if (words.length > stepsMax) return null;
  const steps = words.map(parseStep);
  return steps.includes(null) ? null : (steps as Step[]);
}

/** Every word there is, for messages that say what would have been right. */
export function knownSteps(): string[] {
  return [...taskCodes, ...refusalStatuses, ...gatewayStatuses].map(String).concat(quirks);
}

/**
 * Draws at most one fault: the rates share one random number, so 20 % and 10 % together are 30 % of the submits.
 * Null when none strikes.
 */
export function drawFault(rates: Readonly<Record<string, number>>, random: () => number): Step | null {
  const word = drawWord(rates, random);
  return word === null ? null : parseStep(word);
}

/** Draws one key by its rate, or null with what is left of 1. Takes no random number when there are no rates. */
export function drawWord(rates: Readonly<Record<string, number>>, random: () => number): string | null {
  const entries = Object.entries(rates);
  if (entries.length === 0) return null;
  let rest = random();
  for (const [word, rate] of entries) {
    if (rest < rate) return word;
    rest -= rate;
  }
  return null;
}
