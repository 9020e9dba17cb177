// The form that submits a task as any client would, to watch how the relay handles it. The simulator has models with
// scripted failures, so that the user need not wait for one.
import { useState } from 'preact/hooks';
import { giveNotice } from '../frame/notices.tsx';
import { navigate } from '../frame/navigation.tsx';
import { useRelay } from '../frame/relay-context.ts';
import { ActionDialog } from '../parts/action-dialog.tsx';
import { queryOf } from '../relay/relay-client.ts';
import { scriptedModels } from './scripted-models.ts';
import type { LocalRuntime } from '../relay/local-runtime.ts';
import type { RelayClient } from '../relay/relay-client.ts';
import type { JSX } from 'preact';

interface Draft {
  readonly model: string;
  readonly prompt: string;
  readonly webhook: string;
  readonly copiesCount: number;
}

const COPIES_MAX = 50;

function firstDraft(local: LocalRuntime | undefined): Draft {
  return {
    model: local?.hasSimulator ? (scriptedModels[0]?.model ?? '') : '',
    prompt: 'a lighthouse at dusk',
    webhook: '',
    copiesCount: 1,
  };
}

export function SubmitDialog({ onClose }: { readonly onClose: () => void }): JSX.Element {
  const { client, local } = useRelay();
  const [draft, setDraft] = useState(() => firstDraft(local));
  const change = (part: Partial<Draft>): void => setDraft((before) => ({ ...before, ...part }));
  const submit = async (): Promise<void> => {
    const ids = await submitCopies(client, draft);
    giveNotice(ids.length === 1 ? 'The relay accepted the task' : `The relay accepted ${ids.length} tasks`);
    navigate(ids.length === 1 ? `/tasks/${ids[0]}` : '/tasks');
  };
  return (
    <ActionDialog title="Submit a task" action="Submit" onAction={submit} onClose={onClose}>
      <label class="field">
        <span>Model</span>
        <input
          required
          pattern="[^\/]+\/[^\/]+\/[^\/]+"
          title="vendor/model/task"
          placeholder="vendor/model/task"
          value={draft.model}
          onInput={(event) => change({ model: event.currentTarget.value.trim() })}
        />
      </label>
      {local?.hasSimulator && <ScriptChoice model={draft.model} onChoose={(model) => change({ model })} />}
      <label class="field">
        <span>Prompt</span>
        <textarea
          required
          rows={2}
          value={draft.prompt}
          onInput={(event) => change({ prompt: event.currentTarget.value })}
        />
      </label>
      <label class="field">
        <span>Webhook (optional)</span>
        <input
          type="url"
          placeholder="https://…"
          value={draft.webhook}
          onInput={(event) => change({ webhook: event.currentTarget.value })}
        />
      </label>
      <label class="field field-short">
        <span>Number of tasks</span>
        <input
          type="number"
          min={1}
          max={COPIES_MAX}
          value={draft.copiesCount}
          onInput={(event) => change({ copiesCount: event.currentTarget.valueAsNumber })}
        />
      </label>
      {!local?.hasSimulator && <p class="note">Get3W charges for each task.</p>}
    </ActionDialog>
  );
}

async function submitCopies(client: RelayClient, { model, prompt, webhook, copiesCount }: Draft): Promise<string[]> {
  const path = `/v1/${model.split('/').map(encodeURIComponent).join('/')}${queryOf({ webhook })}`;
  const ids: string[] = [];
  for (let copy = 0; copy < Math.min(COPIES_MAX, copiesCount || 1); copy += 1) {
    const { id } = await client.post<{ readonly id: string }>(path, { prompt });
    ids.push(id);
  }
  return ids;
}

interface ScriptChoiceProps {
  readonly model: string;
  readonly onChoose: (model: string) => void;
}

function ScriptChoice({ model, onChoose }: ScriptChoiceProps): JSX.Element {
  return (
    <label class="field">
      <span>What the simulator does with it</span>
      <select
        value={scriptedModels.some((known) => known.model === model) ? model : ''}
        onChange={(event) => event.currentTarget.value !== '' && onChoose(event.currentTarget.value)}
      >
        <option value="">as the model above defines</option>
        {scriptedModels.map((script) => (
          <option key={script.model} value={script.model}>
            {script.steps.map(stepWords).join(', then ')}
          </option>
        ))}
      </select>
    </label>
  );
}

function stepWords(step: string): string {
  return step === 'lost' ? 'its answer is lost' : Number(step) === 0 ? 'completes' : step;
}
