// Turns of phrase that make a native reader stumble, or that leave out who acts, each with what to write instead.
// A word that is quoted on its own is a value of the code and not prose. The tests' titles and comments are left out.

import type { HouseRule, RepositoryFile } from '../house-rule.ts';

interface Turn {
  readonly words: string;
  readonly instead: string;
}

const turns: readonly Turn[] = [
  { words: 'whoever', instead: 'name the actor: the sweep, the client, the receiver, an operator' },
  { words: '(some|no|any)body', instead: 'name the actor, or say no task, no account, no invocation' },
  { words: 'by (himself|itself|themselves)', instead: 'say who does it, or alone' },
  { words: 'as good as', instead: 'nearly, or counts as' },
  { words: 'what becomes of', instead: 'what happens to' },
  { words: 'what (came|comes) of', instead: 'the result of' },
  { words: '(told|tells|telling) of', instead: 'reports, or is notified of' },
  { words: 'mend(s|ed|ing)?', instead: 'repair, fix or correct' },
  {
    words: String.raw`(?<!there\s)is no (json|text|number|list|key|query|topic|period|expression|error|metric|function)`,
    instead: 'is not',
  },
  { words: 'half within', instead: 'partly in' },
  { words: 'bears?', instead: 'has, carries, allows or tolerates' },
  { words: 'put off', instead: 'postponed' },
  { words: 'comes? again', instead: 'is redelivered, is sent again' },
  { words: 'stands? in for', instead: 'replaces, or plays' },
  { words: String.raw`[\w.]+['’]s business`, instead: 'say what that file or side does' },
  { words: String.raw`(is|are) [\w-]+\.tsx?['’]s`, instead: 'say what that file does' },
  { words: 'anew', instead: 'again' },
  { words: 'rung', instead: 'sent: a doorbell is sent and received' },
];

/** Between two words: also the end of a line and the mark with which the next line of a comment begins. */
const gap = String.raw`\s+(?:(?://|\*|#|>)\s+)?`;
const patterns = turns.map(({ words, instead }) => ({
  pattern: new RegExp(`(?<![\\w-])(?:${words.replaceAll(' ', gap)})(?![\\w-])`, 'gi'),
  instead,
}));

const product =
  /^(bench|bin|checks|cli|console|core|docs|examples|functions|lib|local|packages|simulator|\.github)\/|^[A-Z]+\.md$/;
const prose = /\.(ts|tsx|js|cjs|mjs|py|sh|ya?ml|md|html)$/;

function findTurns({ path, text }: RepositoryFile) {
  return patterns.flatMap(({ pattern, instead }) =>
    [...text.matchAll(pattern)]
      .filter(({ 0: found, index }) => !isQuoted(text, index, index + found.length))
      .map(({ 0: found, index }) => ({
        path,
        line: text.slice(0, index).split('\n').length,
        message: `says "${found.replaceAll(new RegExp(gap, 'g'), ' ')}": ${instead}`,
      })),
  );
}

function isQuoted(text: string, from: number, to: number): boolean {
  const before = text.charAt(from - 1);
  return /['"`]/.test(before) && text.charAt(to) === before;
}

export const plainWords: HouseRule = {
  name: 'plain-words',
  promise: 'code, texts and pages use plain words and name who acts',
  mend: 'Rewrite the sentence: active, with its actor, in words that the glossary or any reader knows.',
  find: (files) => files.filter(({ path }) => product.test(path) && prose.test(path)).flatMap(findTurns),
};
