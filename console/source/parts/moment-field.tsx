// A field of a filter for a moment, in the zone that is chosen in the bar. Empty for what is not a moment, too: the list says what is
// wrong with it.
import { inputMoment, momentOfInput } from './moment-input.ts';
import { zoneText } from './zone.ts';
import type { JSX } from 'preact';

interface MomentFieldProps {
  readonly name: string;
  /** ISO 8601; empty for none. */
  readonly at: string;
  readonly onMoment: (at: string) => void;
}

export function MomentField({ name, at, onMoment }: MomentFieldProps): JSX.Element {
  const parsed = Date.parse(at);
  return (
    <label class="field">
      <span>{`${name}, ${zoneText()}`}</span>
      <input
        type="datetime-local"
        step={1}
        value={Number.isNaN(parsed) ? '' : inputMoment(parsed)}
        onChange={(event) => onMoment(momentOfInput(event.currentTarget.value))}
      />
    </label>
  );
}
