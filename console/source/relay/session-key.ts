// Where the key is while the page is open: in this tab's session storage and in memory, nowhere else.
// Whoever closes the tab has signed out.

const STORAGE_KEY = 'get3w-relay-key';

/** Undefined as well where the browser keeps nothing for this page: it is then asked for after each reload. */
export function storedKey(): string | undefined {
  try {
    return sessionStorage.getItem(STORAGE_KEY) ?? undefined;
  } catch {
    return undefined;
  }
}

export function storeKey(key: string | undefined): void {
  try {
    if (key === undefined) sessionStorage.removeItem(STORAGE_KEY);
    else sessionStorage.setItem(STORAGE_KEY, key);
  } catch {
    // Kept in memory all the same.
  }
}

/**
 * A key that came behind the address, as `npm start` prints it: taken once and struck out, so that it is neither in
 * the history nor sent anywhere. Only on one's own machine, or a link could sign somebody in as somebody else.
 */
export function takeKeyOfAddress(): string | undefined {
  const [, key] = /^#key=(sk_[\w-]+)$/.exec(location.hash) ?? [];
  if (key === undefined || !isLoopback()) return undefined;
  history.replaceState(null, '', location.pathname + location.search);
  storeKey(key);
  return key;
}

export function isLoopback(): boolean {
  return ['127.0.0.1', 'localhost', '[::1]'].includes(location.hostname);
}
