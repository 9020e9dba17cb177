// A new secret, shown once: the relay never shows it again, and the dialog says so.
import { CopyButton } from '../parts/copy-button.tsx';
import { InfoDialog } from '../parts/info-dialog.tsx';
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

interface SecretDialogProps {
  readonly made: MadeSecret;
  readonly onClose: () => void;
}

export function SecretDialog({ made, onClose }: SecretDialogProps): JSX.Element {
  return (
    <InfoDialog title="The signing secret" close="I have it" onClose={onClose}>
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
    </InfoDialog>
  );
}
