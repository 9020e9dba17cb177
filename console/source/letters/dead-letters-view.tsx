// Dead letters: per queue how many there are, what each is about and why the relay could not do it, and sending them back
// once the cause is fixed.
import { useState } from 'preact/hooks';
import { Link, runbookPath } from '../frame/navigation.tsx';
import { letterPace } from '../frame/pace.ts';
import { useRelay } from '../frame/relay-context.ts';
import { usePolled } from '../frame/use-polled.ts';
import { Moment } from '../parts/time-text.tsx';
import { EmptyNote, Freshness, RefusalNote, ViewFrame } from '../parts/view-frame.tsx';
import { plural, shortId } from '../parts/words.ts';
import { causeWords, placeOf, workWords } from './dead-letters.ts';
import { RedriveDialog } from './redrive-dialog.tsx';
import { ColumnHeads } from '../parts/column-heads.tsx';
import type { DeadLetter, DeadLetters, QueueLetters } from './dead-letters.ts';
import type { JSX } from 'preact';

export function DeadLettersView(): JSX.Element {
  const { client, local } = useRelay();
  const [asked, setAsked] = useState<string>();
  const polled = usePolled({
    key: 'dead letters',
    pace: () => letterPace(local),
    load: (signal) => client.get<DeadLetters>('/v1/dead-letters', signal),
  });
  const { value } = polled;
  const full = value?.queues.filter(({ messages }) => messages > 0) ?? [];
  return (
    <ViewFrame
      title="Dead letters"
      tools={
        <>
          <Freshness of={polled} pace={letterPace(local)} />
          {full.length > 1 && (
            <button type="button" class="button button-strong" onClick={() => setAsked('all')}>
              Send all back
            </button>
          )}
        </>
      }
    >
      <RefusalNote of={polled} />
      {value && full.length === 0 && (
        <EmptyNote>There are no dead letters: the relay has processed every message.</EmptyNote>
      )}
      {full.length > 0 && (
        <p class="note">
          A dead letter is a message that the relay itself failed to process ten times: Get3W and receivers never cause
          one. Nothing is lost, and the sweep repairs what it can. Fix the cause first, then send them back.{' '}
          <Link to={runbookPath(`${full[0]?.queue ?? 'dispatch'}-dead-letters`)}>Runbook</Link>
        </p>
      )}
      {full.map((letters) => (
        <QueuePanel key={letters.queue} letters={letters} onRedrive={() => setAsked(letters.queue)} />
      ))}
      {asked !== undefined && (
        <RedriveDialog
          queue={asked}
          queues={full.filter(({ queue }) => asked === 'all' || queue === asked)}
          onDone={polled.refresh}
          onClose={() => setAsked(undefined)}
        />
      )}
    </ViewFrame>
  );
}

interface QueuePanelProps {
  readonly letters: QueueLetters;
  readonly onRedrive: () => void;
}

function QueuePanel({ letters: { queue, messages, hidden, letters }, onRedrive }: QueuePanelProps): JSX.Element {
  const title = `letters-${queue}`;
  const unseen = messages - letters.length;
  return (
    <section class="panel panel-flush" aria-labelledby={title}>
      <div class="panel-head">
        <h2 id={title}>
          {queue}: {plural(messages, 'dead letter')}
        </h2>
        <button type="button" class="button" aria-label={`Send back those of ${queue}`} onClick={onRedrive}>
          Send back
        </button>
      </div>
      {letters.length > 0 && <LetterTable queue={queue} letters={letters} />}
      {unseen > 0 && (
        <p class="letters-more faint">
          {plural(unseen, 'more is', 'more are')} not shown
          {hidden > 0 && `; ${plural(hidden, 'of them is', 'of them are')} with another operator just now`}.
        </p>
      )}
    </section>
  );
}

function LetterTable({ queue, letters }: { readonly queue: string; readonly letters: readonly DeadLetter[] }) {
  return (
    <table class="rows letter-rows" role="table">
      <caption class="unseen">Dead letters of {queue}, the oldest first</caption>
      <ColumnHeads names={['About', 'Cause', 'First sent', 'Last failure']} />
      <tbody role="rowgroup">
        {letters.map((letter) => (
          <LetterRow key={letter.message_id} letter={letter} />
        ))}
      </tbody>
    </table>
  );
}

function LetterRow({ letter }: { readonly letter: DeadLetter }): JSX.Element {
  const { cause, sent_at: sentAt, unknown_text: text, job_id: jobId } = letter;
  const place = placeOf(letter);
  return (
    <tr role="row">
      <th role="rowheader" scope="row" class="cell-about">
        {place && (
          <Link to={place.to} class="id" label={place.id}>
            {shortId(place.id)}
          </Link>
        )}{' '}
        <span class={place ? 'faint' : undefined}>{workWords(letter)}</span>
        {jobId !== null && <span class="id"> {shortId(jobId)}</span>}
        {text !== null && <code class="letter-text">{text}</code>}
      </th>
      <td role="cell" class="cell-cause">
        {causeWords(letter)}
      </td>
      <td role="cell" class="cell-when">
        <span class="narrow-only faint">first sent </span>
        <Moment at={sentAt} />
      </td>
      <td role="cell" class="cell-when">
        {cause ? (
          <>
            <span class="narrow-only faint">last failure </span>
            <Moment at={cause.at} />
          </>
        ) : (
          <span class="faint">–</span>
        )}
      </td>
    </tr>
  );
}
