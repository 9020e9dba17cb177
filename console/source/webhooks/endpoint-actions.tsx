// What may be done with an endpoint. Each button opens a dialog that says what it will do.
import { useState } from 'preact/hooks';
import { giveNotice } from '../frame/notices.tsx';
import { navigate } from '../frame/navigation.tsx';
import { useRelay } from '../frame/relay-context.ts';
import { ActionDialog } from '../parts/action-dialog.tsx';
import { JobDialog } from '../jobs/job-dialog.tsx';
import { EndpointForm } from './endpoint-form.tsx';
import { RecoverDialog } from './recover-dialog.tsx';
import { RotateDialog } from './rotate-dialog.tsx';
import { SecretDialog } from './secret-dialog.tsx';
import type { Endpoint } from './endpoint-health.ts';
import type { MadeSecret } from './secret-dialog.tsx';
import type { EndpointTest } from './test-verdict.tsx';
import type { JSX } from 'preact';

interface EndpointActionsProps {
  readonly endpoint: Endpoint;
  readonly onDone: () => void;
  readonly onTested: (test: EndpointTest) => void;
}

type Action = 'test' | 'replay' | 'edit' | 'rotate' | 'disable' | 'enable' | 'recover' | 'delete';

const labels: Readonly<Record<Action, string>> = {
  test: 'Test',
  recover: 'Recover',
  replay: 'Replay all failed',
  edit: 'Edit',
  rotate: 'Rotate the secret',
  enable: 'Enable',
  disable: 'Disable',
  delete: 'Delete',
};

export function EndpointActions(props: EndpointActionsProps): JSX.Element {
  const { endpoint } = props;
  const [asked, setAsked] = useState<Action>();
  const [made, setMade] = useState<MadeSecret>();
  const hidden: Action = endpoint.disabled ? 'disable' : 'enable';
  const offered = (Object.keys(labels) as Action[]).filter((action) => action !== hidden);
  return (
    <>
      <div class="actions" role="group" aria-label="Actions on the endpoint">
        {offered.map((action) => (
          <button key={action} type="button" class="button" onClick={() => setAsked(action)}>
            {labels[action]}
          </button>
        ))}
      </div>
      {asked && <Asked {...props} action={asked} onMade={setMade} onClose={() => setAsked(undefined)} />}
      {made && <SecretDialog made={made} onClose={() => setMade(undefined)} />}
    </>
  );
}

type DialogProps = EndpointActionsProps & { readonly onClose: () => void };

interface AskedProps extends DialogProps {
  readonly action: Action;
  readonly onMade: (made: MadeSecret) => void;
}

function Asked({ action, onMade, ...props }: AskedProps): JSX.Element {
  const { endpoint, onDone, onClose } = props;
  switch (action) {
    case 'test':
      return <TestDialog {...props} />;
    case 'edit':
      return <EndpointForm endpoint={endpoint} onDone={onDone} onClose={onClose} />;
    case 'rotate':
      return <RotateDialog endpoint={endpoint} onMade={onMade} onDone={onDone} onClose={onClose} />;
    case 'recover':
      return <RecoverDialog endpoint={endpoint} onDone={onDone} onClose={onClose} />;
    case 'replay':
      return (
        <JobDialog
          action="replay"
          filter={{ endpoint: endpoint.id, status: 'exhausted' }}
          onClose={() => {
            onDone();
            onClose();
          }}
        />
      );
    case 'delete':
      return <DeleteDialog {...props} />;
    case 'disable':
    case 'enable':
      return <SwitchDialog {...props} isOn={action === 'enable'} />;
  }
}

function TestDialog({ endpoint, onTested, onDone, onClose }: DialogProps): JSX.Element {
  const { client } = useRelay();
  const test = async (): Promise<void> => {
    onTested(await client.post<EndpointTest>(`/v1/webhook-endpoints/${endpoint.id}/test`));
    onDone();
  };
  return (
    <ActionDialog title="Test this endpoint?" action="Send the test" onAction={test} onClose={onClose}>
      <p>
        <span class="delivery-receiver">{endpoint.url}</span> receives four webhooks: a good one, one with a wrong
        signature, an old one, and the good one again. The page then says which it should have refused or taken.
      </p>
      <p>They are marked as tests and contain no data of the account. It may take half a minute.</p>
    </ActionDialog>
  );
}

function SwitchDialog({ endpoint, isOn, onDone, onClose }: DialogProps & { readonly isOn: boolean }): JSX.Element {
  const { client } = useRelay();
  const change = async (): Promise<void> => {
    await client.patch(`/v1/webhook-endpoints/${endpoint.id}`, { disabled: !isOn });
    giveNotice(isOn ? 'The endpoint is enabled' : 'The endpoint is disabled');
    onDone();
  };
  return isOn ? (
    <ActionDialog title="Enable this endpoint?" action="Enable it" onAction={change} onClose={onClose}>
      <p>It receives the events from now on. “Recover” then sends what it has missed.</p>
    </ActionDialog>
  ) : (
    <ActionDialog title="Disable this endpoint?" action="Disable it" isDangerous onAction={change} onClose={onClose}>
      <p>
        The relay sends it nothing until an operator or its owner enables it. Events are kept, so it can be recovered
        then.
      </p>
    </ActionDialog>
  );
}

function DeleteDialog({ endpoint, onClose }: DialogProps): JSX.Element {
  const { client } = useRelay();
  const remove = async (): Promise<void> => {
    await client.remove(`/v1/webhook-endpoints/${endpoint.id}`);
    giveNotice('The endpoint is deleted');
    navigate('/webhooks');
  };
  return (
    <ActionDialog title="Delete this endpoint?" action="Delete it" isDangerous onAction={remove} onClose={onClose}>
      <p>
        <span class="delivery-receiver">{endpoint.url}</span> receives nothing more, what waits for it ends undelivered,
        and its secret is gone. This cannot be undone.
      </p>
    </ActionDialog>
  );
}
