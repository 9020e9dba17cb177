// A new secret, shown once: the relay never shows it again. Leaving it is a decision of the user, so the dialog says so.
import { useEffect, useRef } from 'preact/hooks';
import { CopyButton } from '../parts/copy-button.tsx';
import { dayAndTime } from '../parts/words.ts';
import type { JSX } from 'preact';

export interface MadeSecret {
  readonly endpointId: string;
  readonly secret: string;
  /** Verifies v1a signatures; null without them. */
  readonly publicKey: string | null;
  /** Until then the old secret signs beside it. */
  readonly previousValidUntil?: string;
}

export function SecretDialog({
  made,
  onClose,
}: {
  readonly made: MadeSecret;
  readonly onClose: () => void;
}): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="secret-title" onClose={onClose}>
      <form method="dialog">
        <h2 id="secret-title">The signing secret</h2>
        <p>Give it to the receiver now: the relay does not show it again. Who has it can sign webhooks as the relay.</p>
        <p class="secret">
          <code>{made.secret}</code>
          <CopyButton text={made.secret} what="the secret" />
        </p>
        {made.publicKey !== null && (
          <p class="secret">
            <code>{made.publicKey}</code>
            <CopyButton text={made.publicKey} what="the public key" />
          </p>
        )}
        {made.previousValidUntil !== undefined && (
          <p>The old secret signs beside the new one until {dayAndTime(made.previousValidUntil)}.</p>
        )}
        <div class="dialog-buttons">
          <button type="submit" class="button button-strong">
            I have it
          </button>
        </div>
      </form>
    </dialog>
  );
}
