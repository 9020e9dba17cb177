// The form that adds an endpoint or changes one. The relay judges what is typed; its words are shown in the dialog.
import { useState } from 'preact/hooks';
import { giveNotice } from '../frame/notices.tsx';
import { useRelay } from '../frame/relay-context.ts';
import { ActionDialog } from '../parts/action-dialog.tsx';
import { queryOf } from '../relay/relay-client.ts';
import { bodyOf, draftOf, eventTypes } from './endpoint-draft.ts';
import type { EndpointDraft } from './endpoint-draft.ts';
import type { Endpoint } from './endpoint-health.ts';
import type { JSX } from 'preact';

interface EndpointFormProps {
  /** The one to change; undefined to add one. */
  readonly endpoint?: Endpoint;
  /** Whose the new one is to be; undefined for the key's own account. */
  readonly account?: string | undefined;
  readonly onDone: (endpoint: Endpoint, secret: string) => void;
  readonly onClose: () => void;
}

export function EndpointForm({ endpoint, account, onDone, onClose }: EndpointFormProps): JSX.Element {
  const { client } = useRelay();
  const [before] = useState(() => draftOf(endpoint));
  const [draft, setDraft] = useState(before);
  const change = (part: Partial<EndpointDraft>): void => setDraft((old) => ({ ...old, ...part }));
  const save = async (): Promise<void> => {
    const body = bodyOf(draft, endpoint && before);
    const answer = endpoint
      ? await client.patch<Endpoint>(`/v1/webhook-endpoints/${endpoint.id}`, body)
      : await client.post<Endpoint & { readonly secret?: string }>(
          `/v1/webhook-endpoints${queryOf({ account })}`,
          body,
        );
    giveNotice(endpoint ? 'The endpoint is changed' : 'The endpoint is added');
    onDone(answer, 'secret' in answer ? String(answer.secret) : '');
  };
  return (
    <ActionDialog
      title={endpoint ? 'Change the endpoint' : 'Add an endpoint'}
      action={endpoint ? 'Save' : 'Add'}
      onAction={save}
      onClose={onClose}
    >
      {account !== undefined && (
        <p>
          For the account <span class="id">{account}</span>.
        </p>
      )}
      <AddressFields draft={draft} change={change} />
      <EventFields draft={draft} change={change} />
      <FormFields draft={draft} change={change} />
    </ActionDialog>
  );
}

interface FieldsProps {
  readonly draft: EndpointDraft;
  readonly change: (part: Partial<EndpointDraft>) => void;
}

function AddressFields({ draft, change }: FieldsProps): JSX.Element {
  return (
    <>
      <label class="field">
        <span>Address</span>
        <input
          type="url"
          required
          placeholder="https://…"
          value={draft.url}
          onInput={(event) => change({ url: event.currentTarget.value })}
        />
      </label>
      <label class="field">
        <span>Description (optional)</span>
        <input
          maxLength={200}
          value={draft.description}
          onInput={(event) => change({ description: event.currentTarget.value })}
        />
      </label>
      <label class="field field-short">
        <span>Calls a second (empty: no limit)</span>
        <input
          type="number"
          min={0.01}
          max={1_000}
          step="any"
          value={draft.rate}
          onInput={(event) => change({ rate: event.currentTarget.value })}
        />
      </label>
    </>
  );
}

function EventFields({ draft, change }: FieldsProps): JSX.Element {
  const toggle = (type: string, isOn: boolean): void =>
    change({ events: eventTypes.filter((one) => (one === type ? isOn : draft.events.includes(one))) });
  return (
    <fieldset class="choices">
      <legend>Events (none chosen: all)</legend>
      {eventTypes.map((type) => (
        <label key={type}>
          <input
            type="checkbox"
            checked={draft.events.includes(type)}
            onChange={(event) => toggle(type, event.currentTarget.checked)}
          />
          <span>{type}</span>
        </label>
      ))}
    </fieldset>
  );
}

function FormFields({ draft, change }: FieldsProps): JSX.Element {
  return (
    <details class="more-fields">
      <summary>Body, headers, signatures</summary>
      <label class="field">
        <span>Body</span>
        <select value={draft.shape} onChange={(event) => change({ shape: event.currentTarget.value })}>
          <option value="event">an event with type, time and data</option>
          <option value="get3w">the task alone, as Get3W sends it</option>
        </select>
      </label>
      <label class="field">
        <span>Headers, one a line</span>
        <textarea
          rows={2}
          placeholder="x-name: value"
          value={draft.headers}
          onInput={(event) => change({ headers: event.currentTarget.value })}
        />
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={draft.isAsymmetric}
          onChange={(event) => change({ isAsymmetric: event.currentTarget.checked })}
        />
        <span>Also sign with a key pair (v1a): receivers need no secret to verify it</span>
      </label>
    </details>
  );
}
