// One figure with its name, and a small note that puts it in proportion.
import type { ComponentChildren, JSX } from 'preact';

interface StatTileProps {
  readonly name: string;
  readonly value: ComponentChildren;
  readonly beside?: ComponentChildren;
  readonly tone?: 'bad' | 'warn' | undefined;
}

export function StatTile({ name, value, beside, tone }: StatTileProps): JSX.Element {
  return (
    <div class={`tile ${tone ? `tile-${tone}` : ''}`}>
      <dt>{name}</dt>
      <dd>
        <span class="tile-value">{value}</span>
        {beside !== undefined && <span class="tile-beside">{beside}</span>}
      </dd>
    </div>
  );
}
