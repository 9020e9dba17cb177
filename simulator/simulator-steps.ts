// The words for what happens to one submit: the steps of a scripted model and the keys of `faults` are the same
// vocabulary. Reads and chooses steps; attempt-plan.ts holds what a step leads to.
import { gatewayStatuses, refusalStatuses, taskCodes } from './simulator-errors.ts';

const quirks = ['reset', 'lost', 'silent', 'twice', 'early', 'never', 'hang', 'garbled'] as const;
const STEPS_MAX = 100;

/**
 * reset: closed before a task was created · lost: created, no answer · silent: no webhook · twice: webhook twice ·
 * early: webhook before the answer · never: does not end · hang: created, the answer never comes · garbled: created,
 * answered 200 with HTML.
 */
type Quirk = (typeof quirks)[number];

export type Step =
  | { readonly kind: 'task'; readonly code: number }
  | { readonly kind: 'refusal'; readonly status: number }
  | { readonly kind: 'gateway'; readonly status: number }
  | { readonly kind: 'quirk'; readonly quirk: Quirk };

export const success: Step = { kind: 'task', code: 0 };

/** Reads one word; null when it is not in the vocabulary. */
export function parseStep(word: string): Step | null {
  const quirk = quirks.find((name) => name === word);
  if (quirk !== undefined) return { kind: 'quirk', quirk };
  // Only the plain spelling counts: `05003`, `5e3` and the like would give one script two names.
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
  if (words.length > STEPS_MAX) return null;
  const steps = words.map(parseStep);
  return steps.includes(null) ? null : (steps as Step[]);
}

/** Every word of the vocabulary, for messages that list the valid ones. */
export function knownSteps(): string[] {
  return [...taskCodes, ...refusalStatuses, ...gatewayStatuses].map(String).concat(quirks);
}

/**
 * Draws at most one fault: the rates share one random number, so 20 % and 10 % together are 30 % of the submits. Null
 * for no fault.
 */
export function drawFault(rates: Readonly<Record<string, number>>, random: () => number): Step | null {
  const word = drawWord(rates, random);
  return word === null ? null : parseStep(word);
}

/** Draws one key by its rate, or null for the rest of 1. Uses no random number when there are no rates. */
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
