// A button that puts a text on the clipboard and says so. Without a clipboard (a page without https) it says that too.
import { giveNotice } from '../frame/notices.tsx';
import type { JSX } from 'preact';

interface CopyButtonProps {
  readonly text: string;
  /** What it copies: "the secret". */
  readonly what: string;
}

export function CopyButton({ text, what }: CopyButtonProps): JSX.Element {
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      giveNotice(`Copied ${what}`);
    } catch {
      giveNotice('The browser refuses the clipboard: mark the text and copy it');
    }
  };
  return (
    <button type="button" class="button button-small" aria-label={`Copy ${what}`} onClick={() => void copy()}>
      Copy
    </button>
  );
}
