// A slider with its name and its figure; the figure follows the slider, the change is reported when it stops.
import { useId, useState } from 'preact/hooks';
import type { JSX } from 'preact';

interface SliderProps {
  readonly name: string;
  readonly hint?: string;
  readonly value: number;
  readonly max: number;
  /** Between two positions. */
  readonly step: number;
  readonly words: (value: number) => string;
  /** Whether any value above zero is a fault. @default true */
  readonly isFault?: boolean;
  readonly onChange: (value: number) => void;
}

export function Slider({ name, hint, value, max, step, words, isFault = true, onChange }: SliderProps): JSX.Element {
  const id = useId();
  // The user's value during a drag: the relay's answers must not move the slider then.
  const [held, setHeld] = useState<number>();
  const shown = held ?? value;
  return (
    <div class={`slider ${isFault && shown > 0 ? 'slider-on' : ''}`}>
      <label for={id}>{name}</label>
      <output for={id}>{words(shown)}</output>
      <input
        id={id}
        type="range"
        min={0}
        max={max}
        step={step}
        value={shown}
        aria-valuetext={words(shown)}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        onInput={(event) => setHeld(event.currentTarget.valueAsNumber)}
        onChange={(event) => {
          setHeld(undefined);
          onChange(event.currentTarget.valueAsNumber);
        }}
      />
      {hint !== undefined && (
        <span id={`${id}-hint`} class="slider-hint">
          {hint}
        </span>
      )}
    </div>
  );
}
