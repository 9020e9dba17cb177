// Asks before something is done, says what it will do, and stays open with the relay's own words when it was refused.
// The browser's modal dialog: focus is held inside, Escape leaves, and focus goes back to where it was.
import { useEffect, useRef, useState } from 'preact/hooks';
import { RelayRefusal } from '../relay/relay-client.ts';
import type { ComponentChildren, JSX } from 'preact';

export interface ActionDialogProps {
  readonly title: string;
  /** What it will do, and whatever is to be filled in. */
  readonly children: ComponentChildren;
  /** On the button that does it: a verb. */
  readonly action: string;
  readonly isDangerous?: boolean;
  readonly onAction: () => Promise<void>;
  readonly onClose: () => void;
}

export function ActionDialog(props: ActionDialogProps): JSX.Element {
  const { title, children, action, isDangerous = false, onAction, onClose } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string>();
  useEffect(() => dialog.current?.showModal(), []);

  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setRefusal(undefined);
    try {
      await onAction();
      dialog.current?.close();
    } catch (error) {
      if (!(error instanceof RelayRefusal)) throw error;
      setRefusal(error.message);
    } finally {
      setBusy(false);
    }
  };
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="dialog-title" onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <h2 id="dialog-title">{title}</h2>
        {children}
        {refusal !== undefined && (
          <p class="refusal" role="alert">
            {refusal}
          </p>
        )}
        <div class="dialog-buttons">
          <button type="button" class="button" onClick={() => dialog.current?.close()}>
            Leave it
          </button>
          <button type="submit" class={`button ${isDangerous ? 'button-danger' : 'button-strong'}`} disabled={isBusy}>
            {action}
          </button>
        </div>
      </form>
    </dialog>
  );
}
