// Asks for confirmation, explains the action, and stays open with the relay's answer when the relay refuses it.
// The browser's modal dialog: it keeps the focus inside, closes on Escape, and then returns the focus.
import { useEffect, useRef, useState } from 'preact/hooks';
import { RelayRefusal } from '../relay/relay-client.ts';
import type { ComponentChildren, JSX } from 'preact';

interface ActionDialogProps {
  readonly title: string;
  /** The explanation of the action, and its form fields. */
  readonly children: ComponentChildren;
  /** Label of the button that does it: a verb. */
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
            Go back
          </button>
          <button type="submit" class={`button ${isDangerous ? 'button-danger' : 'button-strong'}`} disabled={isBusy}>
            {action}
          </button>
        </div>
      </form>
    </dialog>
  );
}
