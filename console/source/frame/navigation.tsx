// The user's place in the console, kept in the address: each view has a path, so that links, the back button and
// reloads work as expected. view-name.ts maps a path to its view.
import { useEffect, useState } from 'preact/hooks';
import type { ComponentChildren, JSX } from 'preact';

const BASE_PATH = '/console';

const listeners = new Set<() => void>();

function tell(): void {
  return listeners.forEach((listener) => listener());
}

addEventListener('popstate', tell);

function currentAddress(): string {
  return location.pathname + location.search;
}

/** The address below `/console`, with its query. */
export function useAddress(): URL {
  const [address, setAddress] = useState(currentAddress);
  useEffect(() => {
    const listener = (): void => setAddress(currentAddress());
    listeners.add(listener);
    // The user may have moved on between the first rendering and now.
    listener();
    return () => void listeners.delete(listener);
  }, []);
  const url = new URL(address, location.origin);
  url.pathname = url.pathname.slice(BASE_PATH.length).replace(/^\/+|\/+$/g, '');
  return url;
}

/** @param path below `/console`, such as `/tasks?status=failed`. */
export function navigate(path: string, { isReplacing = false } = {}): void {
  const address = `${BASE_PATH}${path.replace(/^\/(?=\?|$)/, '')}`;
  if (address === currentAddress()) return;
  history[isReplacing ? 'replaceState' : 'pushState'](null, '', address);
  tell();
}

/** Changes some parameters of the present address and keeps the others; undefined takes one out. */
export function changeQuery(
  changes: Readonly<Record<string, string | undefined>>,
  options: { readonly isReplacing?: boolean } = {},
): void {
  const query = new URLSearchParams(location.search);
  for (const [name, text] of Object.entries(changes)) {
    if (text === undefined || text === '') query.delete(name);
    else query.set(name, text);
  }
  const path = location.pathname.slice(BASE_PATH.length).replace(/\/+$/, '');
  const text = query.toString();
  navigate(`${path}${text === '' ? '' : `?${text}`}`, options);
}

interface LinkProps {
  /** Below `/console`. */
  readonly to: string;
  readonly class?: string;
  readonly isCurrent?: boolean;
  readonly label?: string;
  readonly children: ComponentChildren;
}

/** A link within the page: a real address for new tabs, and no reload. */
export function Link({ to, isCurrent = false, label, children, ...rest }: LinkProps): JSX.Element {
  const follow = (event: MouseEvent): void => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(to);
  };
  return (
    <a
      href={`${BASE_PATH}${to === '/' ? '' : to}`}
      onClick={follow}
      aria-current={isCurrent ? 'page' : undefined}
      aria-label={label}
      class={rest.class}
    >
      {children}
    </a>
  );
}

/** The API's reference: a page of its own, made from the relay's OpenAPI document. */
export const referenceAddress = `${BASE_PATH}/api`;

/** A section of the runbook, below `/console`; it can be read without a key. */
export function runbookPath(section?: string): string {
  return `/runbook${section === undefined ? '' : `#${section}`}`;
}
