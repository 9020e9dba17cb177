// The frame of every view: its heading, which gets the focus when the user opens the view, how fresh its data is, and
// the notes that it shows in place of data.
import { useEffect, useRef } from 'preact/hooks';
import { titleView } from '../frame/page-title.ts';
import { useNow } from '../frame/use-now.ts';
import { roughDuration } from './words.ts';
import type { Pace } from '../frame/pace.ts';
import type { Polled } from '../frame/use-polled.ts';
import type { RelayRefusal } from '../relay/relay-client.ts';
import type { ComponentChildren, JSX } from 'preact';

interface ViewFrameProps {
  readonly title: string;
  /** Beside the heading: buttons, choices. */
  readonly tools?: ComponentChildren;
  readonly children: ComponentChildren;
}

let isFirstView = true;

export function ViewFrame({ title, tools, children }: ViewFrameProps): JSX.Element {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    titleView(title);
    // Not on the first view: a user who opens the page starts at its top.
    if (!isFirstView) heading.current?.focus({ preventScroll: true });
    if (!isFirstView) scrollTo(0, 0);
    isFirstView = false;
  }, []);
  return (
    <>
      <div class="view-head">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {tools !== undefined && <div class="view-tools">{tools}</div>}
      </div>
      {children}
    </>
  );
}

/** Whether the data is current. @param pace how often the page polls for it. */
export function Freshness({ of, pace }: { readonly of: Polled<unknown>; readonly pace: Pace }): JSX.Element | null {
  const now = useNow();
  const ageMs = of.at === undefined ? 0 : now - of.at;
  const isLate = of.refusal !== undefined || ageMs > Math.max(3 * pace.everyMs, pace.idleMs) + 2_000;
  if (of.refusal?.status === 403) return null;
  const unknown = of.refusal ? 'no answer' : 'loading';
  const text = of.at === undefined ? unknown : isLate ? `${roughDuration(ageMs)} old` : 'live';
  const state = isLate ? 'late' : of.at === undefined ? 'loading' : 'live';
  return (
    <span class={`freshness freshness-${state}`}>
      <span class="freshness-mark" aria-hidden="true" />
      {text}
    </span>
  );
}

/** Why data is missing, in its place. */
export function RefusalNote({ of }: { readonly of: Polled<unknown> }): JSX.Element | null {
  if (!of.refusal) return null;
  const isForbidden = of.refusal.status === 403;
  return (
    <p class={isForbidden ? 'note' : 'note note-bad'} role={isForbidden ? undefined : 'alert'}>
      {isForbidden ? 'Only an operator’s key shows this.' : refusalWords(of.refusal)}
    </p>
  );
}

/** The relay refuses a wrong question however often it is asked; the rest may pass. */
function refusalWords({ status, message }: RelayRefusal): string {
  return status >= 400 && status < 500 && status !== 429 ? message : `${message}. Trying again.`;
}

export function EmptyNote({ children }: { readonly children: ComponentChildren }): JSX.Element {
  return <p class="note">{children}</p>;
}

interface MoreButtonProps {
  /** Undefined when there is no more. */
  readonly showMore: (() => Promise<void>) | undefined;
  readonly text: string;
}

/** Below a list that goes on. */
export function MoreButton({ showMore, text }: MoreButtonProps): JSX.Element | null {
  if (!showMore) return null;
  return (
    <p class="more">
      <button type="button" class="button" onClick={() => void showMore()}>
        {text}
      </button>
    </p>
  );
}
