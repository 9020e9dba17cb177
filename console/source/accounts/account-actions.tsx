// What an operator may do with an account. Each button opens a dialog that says what it will do, and asks why.
import { useState } from 'preact/hooks';
import { giveNotice } from '../frame/notices.tsx';
import { useRelay } from '../frame/relay-context.ts';
import { ActionDialog } from '../parts/action-dialog.tsx';
import { bodyOfLimits, draftOfLimits, limitFields } from './limit-draft.ts';
import type { PublicAccount } from '../../../core/http/public-account.ts';
import type { JSX } from 'preact';

interface AccountActionsProps {
  readonly account: PublicAccount;
  readonly onDone: () => void;
}

export function AccountActions(props: AccountActionsProps): JSX.Element {
  const [asked, setAsked] = useState<'limits' | 'switch'>();
  const close = (): void => setAsked(undefined);
  const isSuspended = props.account.suspended_at !== null;
  return (
    <>
      <div class="actions" role="group" aria-label="Actions on the account">
        <button type="button" class="button" onClick={() => setAsked('limits')}>
          Edit limits
        </button>
        <button type="button" class="button" onClick={() => setAsked('switch')}>
          {isSuspended ? 'Resume' : 'Suspend'}
        </button>
      </div>
      {asked === 'limits' && <LimitsDialog {...props} onClose={close} />}
      {asked === 'switch' && <SwitchDialog {...props} onClose={close} />}
    </>
  );
}

type DialogProps = AccountActionsProps & { readonly onClose: () => void };

interface ReasonProps {
  readonly reason: string;
  readonly onReason: (reason: string) => void;
}

function ReasonField({ reason, onReason }: ReasonProps): JSX.Element {
  return (
    <label class="field">
      <span>Reason, for the audit log (optional)</span>
      <input value={reason} maxLength={500} onInput={(event) => onReason(event.currentTarget.value)} />
    </label>
  );
}

function why(reason: string): { readonly reason?: string } {
  return reason.trim() === '' ? {} : { reason: reason.trim() };
}

function SwitchDialog({ account, onDone, onClose }: DialogProps): JSX.Element {
  const { client } = useRelay();
  const [reason, setReason] = useState('');
  const isSuspended = account.suspended_at !== null;
  const change = async (): Promise<void> => {
    await client.post(`/v1/accounts/${account.id}/${isSuspended ? 'resume' : 'suspend'}`, why(reason));
    giveNotice(isSuspended ? 'The account is resumed' : 'The account is suspended');
    onDone();
  };
  const title = `${isSuspended ? 'Resume' : 'Suspend'} ${account.name}?`;
  return (
    <ActionDialog
      title={title}
      action={isSuspended ? 'Resume it' : 'Suspend it'}
      isDangerous={!isSuspended}
      onAction={change}
      onClose={onClose}
    >
      <p>
        {isSuspended
          ? 'Its keys are accepted again from the next request on.'
          : 'All its keys are refused from the next request on. Its unfinished tasks go on, are paid for and delivered; cancel them in Tasks.'}
      </p>
      <ReasonField reason={reason} onReason={setReason} />
    </ActionDialog>
  );
}

/** Not `randomUUID`, which a page over plain http does not have. */
function newOnceKey(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join('-');
}

function LimitsDialog({ account, onDone, onClose }: DialogProps): JSX.Element {
  const { client } = useRelay();
  const [before] = useState(() => draftOfLimits(account));
  const [draft, setDraft] = useState(before);
  const [reason, setReason] = useState('');
  // Saved again after an answer that was lost, the same change is made once; another change has another key.
  const [keys] = useState(() => new Map<string, string>());
  const save = async (): Promise<void> => {
    const body = bodyOfLimits(draft, before);
    const change = JSON.stringify(body);
    const onceKey = keys.get(change) ?? newOnceKey();
    keys.set(change, onceKey);
    await client.patch(`/v1/accounts/${account.id}`, { ...body, ...why(reason) }, onceKey);
    giveNotice('The account is changed');
    onDone();
  };
  return (
    <ActionDialog title={`Limits of ${account.name}`} action="Save" onAction={save} onClose={onClose}>
      <p>In force from the next request on. A field that is empty leaves the limit to the relay.</p>
      {limitFields.map(({ name, text }) => (
        <label key={name} class="field">
          <span>{text}</span>
          <input
            inputMode="decimal"
            value={draft[name] ?? ''}
            onInput={(event) => setDraft({ ...draft, [name]: event.currentTarget.value })}
          />
        </label>
      ))}
      <ReasonField reason={reason} onReason={setReason} />
    </ActionDialog>
  );
}
