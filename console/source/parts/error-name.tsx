// An error with its code and its name; its sentence as a tooltip.
import { errorOf } from './error-keys.ts';
import type { JSX } from 'preact';

interface ErrorNameProps {
  readonly level: string | null;
  readonly code: number | string;
}

export function ErrorName({ level, code }: ErrorNameProps): JSX.Element {
  const entry = errorOf(level, code);
  return (
    <span class="error-name" title={entry?.sentence}>
      <span class="code">{level === 'transport' ? '—' : code}</span> {entry?.name ?? 'Unknown'}
    </span>
  );
}
