// Short messages about the last action: shown for a while at the bottom of the page and announced to screen readers.
// One at a time; a message that must not be missed belongs in its view instead.
import { useEffect, useState } from 'preact/hooks';
import type { JSX } from 'preact';

const SHOWN_MS = 6_000;

let show: (text: string) => void = () => {};

export function giveNotice(text: string): void {
  return show(text);
}

export function Notices(): JSX.Element {
  const [text, setText] = useState('');
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    show = (next) => {
      clearTimeout(timer);
      setText(next);
      timer = setTimeout(() => setText(''), SHOWN_MS);
    };
    return () => {
      clearTimeout(timer);
      show = () => {};
    };
  }, []);
  return (
    <div class="notices" role="status" aria-live="polite">
      {text !== '' && <p class="notice">{text}</p>}
    </div>
  );
}
