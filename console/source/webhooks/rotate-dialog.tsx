// Makes a new signing secret; the old one signs beside it for a while, so that no webhook fails in between.
import { useState } from 'preact/hooks';
import { useRelay } from '../frame/relay-context.ts';
import { ActionDialog } from '../parts/action-dialog.tsx';
import type { Endpoint } from './endpoint-health.ts';
import type { MadeSecret } from './secret-dialog.tsx';
import type { JSX } from 'preact';

interface RotateDialogProps {
  readonly endpoint: Endpoint;
  readonly onMade: (made: MadeSecret) => void;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

interface Rotation {
  readonly secret: string;
  readonly public_key: string | null;
  readonly previous_valid_until: string;
}

const overlaps = [
  { seconds: 86_400, text: 'a day' },
  { seconds: 3_600, text: 'an hour' },
  { seconds: 604_800, text: 'a week' },
  { seconds: 0, text: 'not at all: it is known to others' },
];

export function RotateDialog({ endpoint, onMade, onDone, onClose }: RotateDialogProps): JSX.Element {
  const { client } = useRelay();
  const [overlap, setOverlap] = useState(overlaps[0]?.seconds ?? 0);
  const rotate = async (): Promise<void> => {
    const path = `/v1/webhook-endpoints/${endpoint.id}/rotate-secret`;
    const { secret, public_key, previous_valid_until } = await client.post<Rotation>(path, {
      overlap_seconds: overlap,
    });
    onMade({
      endpointId: endpoint.id,
      secret,
      publicKey: public_key,
      ...(overlap > 0 && { previousValidUntil: previous_valid_until }),
    });
    onDone();
  };
  return (
    <ActionDialog title="Rotate the secret?" action="Make a new secret" onAction={rotate} onClose={onClose}>
      <p>The relay signs with a new secret from now on and shows it once.</p>
      <label class="field">
        <span>The old secret signs beside it for</span>
        <select value={String(overlap)} onChange={(event) => setOverlap(Number(event.currentTarget.value))}>
          {overlaps.map(({ seconds, text }) => (
            <option key={seconds} value={String(seconds)}>
              {text}
            </option>
          ))}
        </select>
      </label>
    </ActionDialog>
  );
}
