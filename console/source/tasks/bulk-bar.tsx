// Acts on many tasks at once: on those that are selected, else on all that the filters let through. The relay does them
// as a job; the dialog asks first what it would reach.
import { useState } from 'preact/hooks';
import { JobDialog } from '../jobs/job-dialog.tsx';
import { plural } from '../parts/words.ts';
import type { JobAction, JobFilter } from '../jobs/job.ts';
import type { TaskSelection } from './use-selection.ts';
import type { JSX } from 'preact';

interface BulkBarProps {
  readonly selection: TaskSelection;
  /** What the list is filtered by; undefined without a filter: an act on all tasks there are needs one. */
  readonly filter: JobFilter | undefined;
  readonly onDone: () => void;
}

const actions: readonly { readonly action: JobAction; readonly text: string }[] = [
  { action: 'cancel', text: 'Cancel' },
  { action: 'retry', text: 'Retry' },
];

export function BulkBar({ selection, filter, onDone }: BulkBarProps): JSX.Element | null {
  const [asked, setAsked] = useState<{ readonly action: JobAction; readonly filter: JobFilter }>();
  const ids = [...selection.ids];
  const target = ids.length > 0 ? { ids } : filter;
  return (
    <>
      {target && (
        <div class="bulk" role="group" aria-label="Act on many tasks">
          <span>{ids.length > 0 ? `${plural(ids.length, 'task')} selected:` : 'All that match:'}</span>
          {actions.map(({ action, text }) => (
            <button key={action} type="button" class="button" onClick={() => setAsked({ action, filter: target })}>
              {text}
            </button>
          ))}
          {ids.length > 0 && (
            <button type="button" class="button button-quiet" onClick={selection.clear}>
              Clear
            </button>
          )}
        </div>
      )}
      {asked && (
        <JobDialog
          {...asked}
          onClose={() => {
            setAsked(undefined);
            onDone();
          }}
        />
      )}
    </>
  );
}
