// A field of a filter that counts once it is left or entered: what is being typed survives the polls of the list.
import { useEffect, useState } from 'preact/hooks';
import type { JSX } from 'preact';

interface TextFieldProps {
  readonly name: string;
  readonly value: string;
  readonly hint: string;
  readonly isWide?: boolean;
  readonly onText: (text: string) => void;
}

export function TextField({ name, value, hint, isWide = false, onText }: TextFieldProps): JSX.Element {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  return (
    <label class={isWide ? 'field field-wide' : 'field'}>
      <span>{name}</span>
      <input
        type="search"
        class="id"
        placeholder={hint}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onChange={(event) => onText(event.currentTarget.value.trim())}
      />
    </label>
  );
}
