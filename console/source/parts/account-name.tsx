// An account in short; the whole id as a tooltip and for screen readers.
import { shortId } from './words.ts';
import type { JSX } from 'preact';

export function AccountName({ id }: { readonly id: string | undefined }): JSX.Element {
  if (id === undefined) return <span class="faint">–</span>;
  return (
    <span class="id" title={id}>
      <span aria-hidden="true">{shortId(id)}</span>
      <span class="unseen">{id}</span>
    </span>
  );
}
