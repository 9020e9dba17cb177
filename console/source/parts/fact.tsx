// One named figure or text in a list of facts.
import type { ComponentChildren, JSX } from 'preact';

interface FactProps {
  readonly name: string;
  readonly isWide?: boolean;
  readonly children: ComponentChildren;
}

export function Fact({ name, isWide = false, children }: FactProps): JSX.Element {
  return (
    <div class={isWide ? 'fact fact-wide' : 'fact'}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
