// Holds what a view throws: the rest of the page goes on, and whoever looks is told instead of seeing nothing.
// The fault itself goes to the browser's console, where whoever mends it looks.
import { useErrorBoundary } from 'preact/hooks';
import { EmptyNote, ViewFrame } from '../parts/view-frame.tsx';
import type { ComponentChildren, JSX } from 'preact';

export function ViewGuard({ children }: { readonly children: ComponentChildren }): JSX.Element {
  const [error] = useErrorBoundary((fault: unknown) => reportError(fault)) as [unknown, () => void];
  if (error === undefined) return <>{children}</>;
  return (
    <ViewFrame title="Not shown">
      <EmptyNote>
        Something about this view went wrong; the others may still work.{' '}
        <button type="button" class="button" onClick={() => location.reload()}>
          Load the page again
        </button>
      </EmptyNote>
    </ViewFrame>
  );
}
