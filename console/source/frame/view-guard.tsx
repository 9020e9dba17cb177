// Catches what a view throws: the rest of the page goes on, and the user sees a message instead of a blank page.
// The error itself goes to the browser's console, for the developer.
import { useErrorBoundary } from 'preact/hooks';
import { EmptyNote, ViewFrame } from '../parts/view-frame.tsx';
import type { ComponentChildren, JSX } from 'preact';

export function ViewGuard({ children }: { readonly children: ComponentChildren }): JSX.Element {
  const [error] = useErrorBoundary((fault: unknown) => reportError(fault)) as [unknown, () => void];
  if (error === undefined) return <>{children}</>;
  return (
    <ViewFrame title="View failed">
      <EmptyNote>
        This view has failed; the others may still work.{' '}
        <button type="button" class="button" onClick={() => location.reload()}>
          Reload the page
        </button>
      </EmptyNote>
    </ViewFrame>
  );
}
