// How to see the log lines of a task.
import { useRelay } from '../frame/relay-context.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { logPlaces } from './log-places.ts';
import type { PublicTask } from '../../../core/http/public-task.ts';
import type { JSX } from 'preact';

export function TaskLog({ task }: { readonly task: PublicTask }): JSX.Element {
  const { local } = useRelay();
  const { text, address } = logPlaces(task.id, location.host, local !== undefined);
  return (
    <section class="panel log-lines" aria-labelledby="log-title">
      <div class="panel-head">
        <h2 id="log-title">Log lines</h2>
        <CopyButton text={text} what={local ? 'the command' : 'the query'} />
      </div>
      <pre class="raw input-body">{text}</pre>
      {!local && (
        <p class="faint">
          In {address === undefined ? 'CloudWatch Logs Insights' : <InsightsLink address={address} />}, with the log
          groups of this relay selected.
        </p>
      )}
    </section>
  );
}

function InsightsLink({ address }: { readonly address: string }): JSX.Element {
  return (
    <a href={address} target="_blank" rel="noreferrer noopener">
      CloudWatch Logs Insights
    </a>
  );
}
