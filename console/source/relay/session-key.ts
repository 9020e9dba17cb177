// Where the key is while the page is open: in this tab's session storage and in memory, nowhere else.
// Closing the tab signs the user out.

const STORAGE_KEY = 'get3w-relay-key';

/** Also undefined when the browser stores nothing for this page, which then asks for the key after each reload. */
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
    // The key remains in memory.
  }
}

/**
 * A key in the address's fragment, as `npm start` prints it: used once and removed, so that it neither stays in the
 * history nor is sent anywhere. Only on the local machine, or a link could sign a user in to another account.
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
