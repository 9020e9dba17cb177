// What an endpoint did with the four webhooks of its self-test, and what to correct where that was wrong.
import { StatusPill } from '../parts/status-pill.tsx';
import { durationWords } from '../parts/words.ts';
import type { JSX } from 'preact';

interface TestedCall {
  readonly name: string;
  readonly expected: 'taken' | 'refused';
  /** Null without an answer. */
  readonly taken: boolean | null;
  readonly http_status: number | null;
  readonly cause: string | null;
  readonly duration_ms: number;
  /** Null when it did right. */
  readonly advice: string | null;
}

export interface EndpointTest {
  readonly passed: boolean;
  readonly deliveries: readonly TestedCall[];
}

const names: Readonly<Record<string, string>> = {
  good: 'A good webhook',
  'bad-signature': 'One with a wrong signature',
  old: 'One that is ten minutes old',
  doubled: 'The good one again',
};

export function TestVerdict({ test }: { readonly test: EndpointTest }): JSX.Element {
  return (
    <section class="panel" aria-labelledby="test-title">
      <div class="panel-head">
        <h2 id="test-title">Self-test</h2>
        <StatusPill tone={test.passed ? 'good' : 'bad'} text={test.passed ? 'passed' : 'failed'} />
      </div>
      <ul class="test-calls" role="status">
        {test.deliveries.map((call) => (
          <li key={call.name}>
            <span class="test-name">{names[call.name] ?? call.name}</span>
            <StatusPill tone={call.advice === null ? 'good' : 'bad'} text={answerWords(call)} />
            <span class="faint">
              should be {call.expected} · {durationWords(call.duration_ms)}
            </span>
            {call.advice !== null && <span class="test-advice">{call.advice}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function answerWords({ taken, http_status: status, cause }: TestedCall): string {
  if (taken === null) return `no answer: ${cause ?? 'unknown'}`;
  return `${taken ? 'taken' : 'refused'}, ${status}`;
}
