// The keys of an account: when each was made and last used, what it may do; a new one is shown once, any can be revoked.
import { useState } from 'preact/hooks';
import { giveNotice } from '../frame/notices.tsx';
import { usualPace } from '../frame/pace.ts';
import { useRelay } from '../frame/relay-context.ts';
import { usePolled } from '../frame/use-polled.ts';
import { ActionDialog } from '../parts/action-dialog.tsx';
import { CopyButton } from '../parts/copy-button.tsx';
import { InfoDialog } from '../parts/info-dialog.tsx';
import { Moment, WithinHour } from '../parts/time-text.tsx';
import { RefusalNote } from '../parts/view-frame.tsx';
import { queryOf } from '../relay/relay-client.ts';
import type { PublicAccount } from '../../../core/http/public-account.ts';
import type { PublicKey } from '../../../core/http/public-key.ts';
import type { JSX } from 'preact';

interface AccountKeysProps {
  readonly account: PublicAccount;
  readonly isOperator: boolean;
}

export function AccountKeys({ account, isOperator }: AccountKeysProps): JSX.Element {
  const { client, local } = useRelay();
  const query = queryOf({ account: isOperator ? account.id : undefined });
  const [asked, setAsked] = useState<PublicKey | 'new'>();
  const [made, setMade] = useState<string>();
  const polled = usePolled({
    key: `keys ${account.id} ${query}`,
    pace: () => usualPace(local),
    load: (signal) => client.get<{ readonly data: readonly PublicKey[] }>(`/v1/keys${query}`, signal),
  });
  const close = (): void => setAsked(undefined);
  const create = async (): Promise<void> => {
    setMade((await client.post<{ readonly key: string }>(`/v1/keys${query}`, {})).key);
    polled.refresh();
  };
  const revoke = async ({ id }: PublicKey): Promise<void> => {
    await client.remove(`/v1/keys/${id}${query}`);
    giveNotice('The key is revoked');
    polled.refresh();
  };
  return (
    <section class="panel" aria-label="Keys">
      <h2>Keys</h2>
      <RefusalNote of={polled} />
      <ul class="account-keys">
        {polled.value?.data.map((key) => (
          <li key={key.id}>
            <KeyLine of={key} />
            {key.revoked_at === null && (
              <button type="button" class="button button-small" onClick={() => setAsked(key)}>
                Revoke<span class="unseen"> {key.hint}</span>
              </button>
            )}
          </li>
        ))}
      </ul>
      <button type="button" class="button" onClick={() => setAsked('new')}>
        Make a key
      </button>
      {asked === 'new' && (
        <ActionDialog title="Make a key?" action="Make it" onAction={create} onClose={close}>
          <p>It gets the scopes of your own key but for operating, ends when yours does, and is shown once.</p>
        </ActionDialog>
      )}
      {asked !== undefined && asked !== 'new' && (
        <ActionDialog
          title="Revoke this key?"
          action="Revoke it"
          isDangerous
          onAction={() => revoke(asked)}
          onClose={close}
        >
          <p>
            <code>{asked.hint}…</code> is refused from the next request on, for good. Tasks submitted with it go on.
          </p>
        </ActionDialog>
      )}
      {made !== undefined && (
        <InfoDialog title="The new key" close="I have it" onClose={() => setMade(undefined)}>
          <p>Give it to its user now: the relay does not show it again.</p>
          <p class="secret">
            <code>{made}</code>
            <CopyButton text={made} what="the key" />
          </p>
        </InfoDialog>
      )}
    </section>
  );
}

function KeyLine({ of: key }: { readonly of: PublicKey }): JSX.Element {
  return (
    <span>
      <code>{key.hint}…</code> {key.name} <span class="faint">{key.scopes.join(', ')}, made </span>
      <Moment at={key.created_at} />
      <span class="faint">, used </span>
      {key.last_used_at === null ? 'never' : <WithinHour at={key.last_used_at} />}
      {key.revoked_at !== null && (
        <>
          , revoked <Moment at={key.revoked_at} />
        </>
      )}
    </span>
  );
}
