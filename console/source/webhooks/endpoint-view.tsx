// One endpoint: how it does and why, what may be done with it, the verdict of its last self-test, and its deliveries.
import { useState } from 'preact/hooks';
import { Link } from '../frame/navigation.tsx';
import { usualPace } from '../frame/pace.ts';
import { useRelay } from '../frame/relay-context.ts';
import { useNow } from '../frame/use-now.ts';
import { usePolled } from '../frame/use-polled.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { Fact } from '../parts/fact.tsx';
import { StatusPill } from '../parts/status-pill.tsx';
import { Moment } from '../parts/time-text.tsx';
import { EmptyNote, Freshness, RefusalNote, ViewFrame } from '../parts/view-frame.tsx';
import { shortId } from '../parts/words.ts';
import { DeliveryList } from './delivery-list.tsx';
import { EndpointActions } from './endpoint-actions.tsx';
import { healthOf, troubleOf } from './endpoint-health.ts';
import { LastAnswer, OldestUndelivered, rateWords } from './endpoint-table.tsx';
import { TestVerdict } from './test-verdict.tsx';
import type { Endpoint } from './endpoint-health.ts';
import type { EndpointTest } from './test-verdict.tsx';
import type { JSX } from 'preact';

export function EndpointView({ endpointId }: { readonly endpointId: string }): JSX.Element {
  const { client, local } = useRelay();
  const [test, setTest] = useState<EndpointTest>();
  const polled = usePolled({
    key: `endpoint ${endpointId}`,
    pace: () => usualPace(local),
    load: (signal) => client.get<Endpoint>(`/v1/webhook-endpoints/${encodeURIComponent(endpointId)}`, signal),
  });
  const endpoint = polled.value;
  return (
    <ViewFrame title={`Endpoint ${shortId(endpointId)}`} tools={<Freshness of={polled} pace={usualPace(local)} />}>
      {polled.refusal?.status === 404 ? (
        <EmptyNote>
          There is no endpoint <span class="id">{endpointId}</span>. <Link to="/webhooks">All endpoints</Link>
        </EmptyNote>
      ) : (
        <RefusalNote of={polled} />
      )}
      {endpoint && polled.refusal?.status !== 404 && (
        <>
          <EndpointFacts endpoint={endpoint} />
          <EndpointActions endpoint={endpoint} onDone={polled.refresh} onTested={setTest} />
          {test && <TestVerdict test={test} />}
          <DeliveryList endpoint={endpoint} />
        </>
      )}
    </ViewFrame>
  );
}

function EndpointFacts({ endpoint }: { readonly endpoint: Endpoint }): JSX.Element {
  const now = useNow();
  const { word, tone } = healthOf(endpoint, now);
  const trouble = troubleOf(endpoint, now);
  return (
    <section class="panel" aria-label="State of the endpoint">
      <dl class="facts">
        <Fact name="State">
          <StatusPill tone={tone} text={word} />
        </Fact>
        <Fact name="Address" isWide>
          <span class="id">{endpoint.url}</span> <CopyButton text={endpoint.url} what="the address" />
        </Fact>
        {endpoint.account !== undefined && (
          <Fact name="Account" isWide>
            <Link to={`/webhooks?account=${encodeURIComponent(endpoint.account)}`} class="id">
              {endpoint.account}
            </Link>
          </Fact>
        )}
        <Fact name="Id" isWide>
          <span class="id">{endpoint.id}</span>
        </Fact>
        {endpoint.description !== null && <Fact name="Description">{endpoint.description}</Fact>}
        <Fact name="Last answer">
          <LastAnswer endpoint={endpoint} />
        </Fact>
        <Fact name="Oldest undelivered">
          <OldestUndelivered endpoint={endpoint} />
        </Fact>
        <Fact name="Rate">{rateWords(endpoint)}</Fact>
        <Fact name="Events" isWide>
          {endpoint.events?.join(', ') ?? 'all'}
        </Fact>
        <Fact name="Body">{endpoint.shape === 'get3w' ? 'the task alone' : 'event'}</Fact>
        <Fact name="Signatures">{endpoint.signatures.join(', ')}</Fact>
        <Fact name="Secret from">
          <Secrets endpoint={endpoint} />
        </Fact>
      </dl>
      {trouble !== undefined && <p class={`verdict ${tone === 'bad' ? '' : 'verdict-warn'}`}>{trouble}</p>}
    </section>
  );
}

function Secrets({ endpoint }: { readonly endpoint: Endpoint }): JSX.Element {
  const [newest, ...older] = endpoint.secrets;
  const retiring = older.find(({ retires_at: at }) => at !== null);
  return (
    <>
      {newest ? <Moment at={newest.created_at} /> : '–'}
      {retiring?.retires_at && (
        <span class="faint">
          , the old one signs too: ends <Moment at={retiring.retires_at} />
        </span>
      )}
    </>
  );
}
