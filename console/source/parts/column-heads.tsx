// The heads of a table's columns, where each is a word alone.
import type { JSX } from 'preact';

export function ColumnHeads({ names }: { readonly names: readonly string[] }): JSX.Element {
  return (
    <thead role="rowgroup">
      <tr role="row">
        {names.map((name) => (
          <th key={name} role="columnheader" scope="col">
            {name}
          </th>
        ))}
      </tr>
    </thead>
  );
}
