// The calls of one delivery: when, how long, what was answered or why nothing was, and the start of the answer.
import { Moment } from '../parts/time-text.tsx';
import { StatusPill } from '../parts/status-pill.tsx';
import { EmptyNote } from '../parts/view-frame.tsx';
import { durationWords } from '../parts/words.ts';
import type { PublicDelivery, PublicDeliveryAttempt } from '../../../core/http/public-webhook.ts';
import type { JSX } from 'preact';

export function DeliveryAttempts({ delivery }: { readonly delivery: PublicDelivery }): JSX.Element {
  const { attempts, attempt_count: count } = delivery;
  if (attempts.length === 0) return <EmptyNote>It has not been sent yet.</EmptyNote>;
  return (
    <>
      {count > attempts.length && (
        <p class="faint">
          The newest {attempts.length} of {count} calls:
        </p>
      )}
      <ol class="delivery-attempts">
        {attempts.toReversed().map((attempt) => (
          <li key={`${attempt.replay} ${attempt.attempt}`}>
            <AttemptLine attempt={attempt} />
          </li>
        ))}
      </ol>
    </>
  );
}

function AttemptLine({ attempt }: { readonly attempt: PublicDeliveryAttempt }): JSX.Element {
  const { http_status: status, cause, error, answer } = attempt;
  const isTaken = status !== null && status >= 200 && status < 300;
  return (
    <>
      <p class="delivery-attempt">
        <span>
          Call {attempt.attempt}
          {attempt.replay > 0 && <span class="faint"> of replay {attempt.replay}</span>}
        </span>
        <StatusPill
          tone={isTaken ? 'good' : 'bad'}
          text={status === null ? (cause ?? 'no answer') : `answered ${status}`}
        />
        <span class="faint">
          <Moment at={attempt.started_at} /> · took {durationWords(attempt.duration_ms)}
        </span>
      </p>
      {error !== null && <p class="step-detail">{error}</p>}
      {answer !== null && answer !== '' && <pre class="raw raw-answer">{answer}</pre>}
    </>
  );
}
