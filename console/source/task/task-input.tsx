// The input of a task as its client sent it, and the whole task as the API answers it: both to copy.
import { CopyButton } from '../parts/copy-button.tsx';
import type { PublicTask } from '../../../core/http/public-task.ts';
import type { JSX } from 'preact';

const missing: Readonly<Record<string, string>> = {
  too_long: 'It is too long to be shown here.',
  gone: 'It is no longer stored.',
};

export function TaskInput({ task }: { readonly task: PublicTask }): JSX.Element {
  const { details, ...bare } = task;
  const input = details?.input_state === 'shown' ? JSON.stringify(details.input, undefined, 2) : undefined;
  const raw = JSON.stringify(details ? { ...bare, details: { ...details, input: undefined } } : bare, undefined, 2);
  return (
    <>
      {details && (
        <section class="panel" aria-labelledby="input-title">
          <div class="panel-head">
            <h2 id="input-title">Input</h2>
            {input !== undefined && <CopyButton text={input} what="the input" />}
          </div>
          {input === undefined ? (
            <p class="note">{missing[details.input_state]}</p>
          ) : (
            <pre class="raw input-body" tabIndex={0} aria-label="Input">
              {input}
            </pre>
          )}
        </section>
      )}
      <section class="panel" aria-labelledby="raw-title">
        <div class="panel-head">
          <h2 id="raw-title">As the API shows it</h2>
          <CopyButton text={raw} what="the task as JSON" />
        </div>
        <details>
          <summary>Show the JSON</summary>
          <pre class="raw input-body" tabIndex={0} aria-label="The task as JSON">
            {raw}
          </pre>
        </details>
      </section>
    </>
  );
}
