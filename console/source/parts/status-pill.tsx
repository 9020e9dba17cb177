// The states of tasks, attempts, alarms and webhooks as small labels. The word carries the meaning; the colour and the
// mark only make it quicker to find.
import type { JSX } from 'preact';

type Tone = 'good' | 'bad' | 'warn' | 'busy' | 'idle';

interface StatusPillProps {
  readonly tone: Tone;
  readonly text: string;
  /** For screen readers, in place of a text that is too short. */
  readonly label?: string;
}

export function StatusPill({ tone, text, label }: StatusPillProps): JSX.Element {
  return (
    <span class={`pill pill-${tone}`}>
      <span class="pill-mark" aria-hidden="true" />
      {label === undefined ? text : <span aria-hidden="true">{text}</span>}
      {label !== undefined && <span class="unseen">{label}</span>}
    </span>
  );
}

const tones: Readonly<Record<string, Tone>> = {
  completed: 'good',
  delivered: 'good',
  OK: 'good',
  open: 'good',
  failed: 'bad',
  exhausted: 'bad',
  ALARM: 'bad',
  refused: 'bad',
  stopped: 'bad',
  backoff: 'warn',
  'in-doubt': 'warn',
  in_doubt: 'warn',
  limited: 'warn',
  abandoned: 'warn',
  running: 'busy',
  submitting: 'busy',
  processing: 'busy',
  pending: 'busy',
};

/** The tone of a state's name; an unknown state is idle. */
export function toneOf(state: string): Tone {
  return tones[state] ?? 'idle';
}

const words: Readonly<Record<string, string>> = {
  'in-doubt': 'in doubt',
  in_doubt: 'in doubt',
  INSUFFICIENT_DATA: 'no data',
  ALARM: 'alarm',
};

export function StatePill({ state }: { readonly state: string }): JSX.Element {
  return <StatusPill tone={toneOf(state)} text={words[state] ?? state} />;
}
