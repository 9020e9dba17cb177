// The outputs of a completed task, as pictures: from the relay's bucket where it keeps them. For one that is gone, the page
// shows the address, and for one that the relay could not keep the reason.
import { useState } from 'preact/hooks';
import { shownOutputs } from './shown-outputs.ts';
import type { PublicTask } from '../../../core/http/public-task.ts';
import type { JSX } from 'preact';
import type { ShownOutput } from './shown-outputs.ts';

export function TaskOutputs({ task }: { readonly task: PublicTask }): JSX.Element | null {
  if (task.outputs === null || task.status !== 'completed') return null;
  const outputs = shownOutputs(task);
  return (
    <section class="panel" aria-labelledby="outputs-title">
      <h2 id="outputs-title">Outputs</h2>
      {outputs.length === 0 ? (
        <pre class="raw">{JSON.stringify(task.outputs, undefined, 2)}</pre>
      ) : (
        <ul class="outputs">
          {outputs.map((output, index) => (
            // A picture that comes to be kept is loaded from the bucket; later answers only sign its address again.
            <li key={`${output.source} ${output.isKept}`}>
              <Output output={output} number={index + 1} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Output({ output, number }: { readonly output: ShownOutput; readonly number: number }): JSX.Element {
  const [isGone, setGone] = useState(false);
  const [picture] = useState(output.address);
  return (
    <>
      <a href={output.address} target="_blank" rel="noreferrer noopener">
        {isGone ? (
          <span class="output-gone">Output {number} is not a picture, or is gone</span>
        ) : (
          <img src={picture} alt={`Output ${number}`} loading="lazy" onError={() => setGone(true)} />
        )}
      </a>
      {output.missing !== undefined && <p class="output-missing">{output.missing}</p>}
    </>
  );
}
