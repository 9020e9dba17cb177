// A dialog that only tells something: one button closes it, as Escape does.
import { useEffect, useRef } from 'preact/hooks';
import type { ComponentChildren, JSX } from 'preact';

interface InfoDialogProps {
  readonly title: string;
  readonly children: ComponentChildren;
  /** Label of the button that closes it. */
  readonly close: string;
  readonly onClose: () => void;
}

export function InfoDialog({ title, children, close, onClose }: InfoDialogProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="info-title" onClose={onClose}>
      <form method="dialog">
        <h2 id="info-title">{title}</h2>
        {children}
        <div class="dialog-buttons">
          <button type="submit" class="button button-strong">
            {close}
          </button>
        </div>
      </form>
    </dialog>
  );
}
