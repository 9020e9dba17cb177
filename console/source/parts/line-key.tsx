// The legend of a chart: each line's colour, name and latest figure, as a button that hides the line or shows it again.
import type { JSX } from 'preact';

interface LineKeyProps {
  readonly label: string;
  readonly colour: string;
  readonly figure?: string;
  readonly isHidden: boolean;
  readonly onToggle: () => void;
}

export function LineKey({ label, colour, figure, isHidden, onToggle }: LineKeyProps): JSX.Element {
  return (
    <button
      type="button"
      class={`key-line ${isHidden ? 'key-hidden' : ''}`}
      aria-pressed={!isHidden}
      title={isHidden ? `Show ${label} in the chart` : `Hide ${label} in the chart`}
      onClick={onToggle}
    >
      <span class={`swatch swatch${colour.slice(1)}`} aria-hidden="true" />
      {label}
      {figure !== undefined && <span class="figure">{figure}</span>}
    </button>
  );
}
