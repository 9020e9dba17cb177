// Which faults of the simulator have a slider: the catalogue's passing errors, and what can befall an answer.
import { errorCatalogue } from '../../../core/domain/error-catalogue.ts';

export interface FaultStep {
  /** As the simulator's settings name it. */
  readonly step: string;
  readonly name: string;
  readonly sentence: string;
}

export interface FaultGroup {
  readonly title: string;
  readonly faults: readonly FaultStep[];
}

function ofLevel(level: string): readonly FaultStep[] {
  return errorCatalogue
    .filter((entry) => entry.level === level && entry.transient)
    .map(({ code, name, sentence }) => ({ step: String(code), name: `${code} ${name}`, sentence }));
}

const lostAnswers: readonly FaultStep[] = [
  { step: 'reset', name: 'Reset', sentence: 'The connection breaks before a task was made.' },
  { step: 'lost', name: 'Answer lost', sentence: 'A task was made and paid, and the answer never comes.' },
  { step: 'garbled', name: 'Answer garbled', sentence: 'A task was made, and the answer is a page of HTML.' },
];

export const faultGroups: readonly FaultGroup[] = [
  { title: 'Tasks that fail', faults: ofLevel('task') },
  { title: 'Answers that get lost', faults: lostAnswers },
  { title: 'Submits that are refused', faults: ofLevel('http') },
];
