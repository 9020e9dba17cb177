// What a group of failures shows of its mute: until when, by whom and why, with the way to end it; or the way to mute it.
import { useState } from 'preact/hooks';
import { useRelay } from '../frame/relay-context.ts';
import { StatusPill } from '../parts/status-pill.tsx';
import { Moment } from '../parts/time-text.tsx';
import { RelayRefusal } from '../relay/relay-client.ts';
import { muteBody } from './failure-links.ts';
import { MuteDialog } from './mute-dialog.tsx';
import type { Failure } from './failure-links.ts';
import type { JSX } from 'preact';

interface MuteCellProps {
  readonly failure: Failure;
  readonly isOperator: boolean;
  /** After a mute or its end. */
  readonly onChanged: () => void;
}

export function MuteCell({ failure, isOperator, onChanged }: MuteCellProps): JSX.Element {
  const [isAsking, setAsking] = useState(false);
  if (failure.muted) return <Muted failure={failure} onChanged={onChanged} isOperator={isOperator} />;
  return (
    <>
      <button
        type="button"
        class="button button-small"
        aria-label={`Mute ${failure.key} of ${failure.model}`}
        onClick={() => setAsking(true)}
      >
        Mute
      </button>
      {isAsking && (
        <MuteDialog failure={failure} isOperator={isOperator} onDone={onChanged} onClose={() => setAsking(false)} />
      )}
    </>
  );
}

function Muted({ failure, isOperator, onChanged }: MuteCellProps): JSX.Element {
  const { client } = useRelay();
  const [refusal, setRefusal] = useState<string>();
  const { muted } = failure;
  const unmute = async (): Promise<void> => {
    try {
      await unmuteEither(client, failure, isOperator);
      onChanged();
    } catch (error) {
      if (!(error instanceof RelayRefusal)) throw error;
      setRefusal(error.message);
    }
  };
  const by = muted?.by;
  return (
    <div class="muted-group">
      <StatusPill tone="idle" text="muted" /> until <Moment at={muted?.until ?? ''} /> by{' '}
      {by?.principal ?? by?.key_name ?? by?.key_hint ?? 'a key'}: {muted?.reason}{' '}
      <button
        type="button"
        class="button button-small"
        aria-label={`Unmute ${failure.key} of ${failure.model}`}
        onClick={() => void unmute()}
      >
        Unmute
      </button>
      {refusal !== undefined && (
        <p class="refusal" role="alert">
          {refusal}
        </p>
      )}
    </div>
  );
}

/** The mute may be about this group, or wider: of all accounts, or of every model. The narrowest that is there ends. */
async function unmuteEither(
  client: ReturnType<typeof useRelay>['client'],
  failure: Failure,
  isOperator: boolean,
): Promise<void> {
  const own = muteBody(failure);
  const bodies = [own, { ...own, model: '*' }];
  const all = isOperator ? [...bodies, ...bodies.map((body) => ({ ...body, account: '*' }))] : bodies;
  for (const [index, body] of all.entries()) {
    try {
      return void (await client.post('/v1/failures/unmute', body));
    } catch (error) {
      const isThere = !(error instanceof RelayRefusal && error.status === 404);
      if (isThere || index === all.length - 1) throw error;
    }
  }
}
