// The outputs of a completed task, as pictures. Get3W keeps outputs for some days; for one that is gone, the page shows
// the address.
import { useState } from 'preact/hooks';
import type { PublicTask } from '../../../core/http/public-task.ts';
import type { JSX } from 'preact';

/** Most models return a list of addresses as outputs; the page shows anything else as it is. */
function addressesOf(outputs: unknown): readonly string[] {
  return (Array.isArray(outputs) ? (outputs as unknown[]) : [outputs]).filter(
    (output): output is string => typeof output === 'string' && /^(https?:|data:image\/)/.test(output),
  );
}

export function TaskOutputs({ task }: { readonly task: PublicTask }): JSX.Element | null {
  if (task.outputs === null || task.status !== 'completed') return null;
  const addresses = addressesOf(task.outputs);
  return (
    <section class="panel" aria-labelledby="outputs-title">
      <h2 id="outputs-title">Outputs</h2>
      {addresses.length === 0 ? (
        <pre class="raw">{JSON.stringify(task.outputs, undefined, 2)}</pre>
      ) : (
        <ul class="outputs">
          {addresses.map((address, index) => (
            <li key={address}>
              <Output address={address} number={index + 1} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Output({ address, number }: { readonly address: string; readonly number: number }): JSX.Element {
  const [isGone, setGone] = useState(false);
  return (
    <a href={address} target="_blank" rel="noreferrer noopener">
      {isGone ? (
        <span class="output-gone">Output {number} is not a picture, or is gone</span>
      ) : (
        <img src={address} alt={`Output ${number}`} loading="lazy" onError={() => setGone(true)} />
      )}
    </a>
  );
}
