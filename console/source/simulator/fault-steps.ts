// Which faults of the simulator have a slider: the catalogue's transient errors, and faults of answers.
import { errorCatalogue } from '../../../core/domain/error-catalogue.ts';

interface FaultStep {
  /** Its name in the simulator's settings. */
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
  { step: 'reset', name: 'Reset', sentence: 'The connection breaks before Get3W makes a task.' },
  { step: 'lost', name: 'Answer lost', sentence: 'Get3W makes and charges a task, and its answer never arrives.' },
  { step: 'garbled', name: 'Answer garbled', sentence: 'Get3W makes a task, and answers with a page of HTML.' },
];

export const faultGroups: readonly FaultGroup[] = [
  { title: 'Tasks that fail', faults: ofLevel('task') },
  { title: 'Answers that get lost', faults: lostAnswers },
  { title: 'Submits that are refused', faults: ofLevel('http') },
];
