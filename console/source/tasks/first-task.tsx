// Shown until there are tasks: how to submit the first one, from here or from a client.
import type { JSX } from 'preact';

export function FirstTask({ onSubmit }: { readonly onSubmit: () => void }): JSX.Element {
  return (
    <section class="panel first-task" aria-labelledby="first-title">
      <h2 id="first-title">No task yet</h2>
      <p>Submit one here to watch its progress, or point your Get3W client at this address:</p>
      <pre class="raw">
        <code>{example(location.origin)}</code>
      </pre>
      <button type="button" class="button" onClick={onSubmit}>
        Submit the first task
      </button>
    </section>
  );
}

function example(origin: string): string {
  return [
    `curl -X POST ${origin}/v1/google/nano-banana-pro/text-to-image`,
    '  -H "Authorization: Bearer $RELAY_KEY" -H "Content-Type: application/json"',
    `  -d '{"prompt": "a lighthouse at dusk"}'`,
  ].join(' \\\n');
}
