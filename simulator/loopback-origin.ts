// Distinguishes calls of this machine from those that a foreign page makes through its user's browser: by a name of its
// own that resolves to loopback (DNS rebinding, visible in Host), or from its own origin (visible in Origin). Programs
// send no Origin. Guards what only this machine may reach; the API itself has keys.

interface CallOrigin {
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
}

const loopbackNames = ['localhost', '127.0.0.1', '[::1]'];

/** A port may differ from the server's own: it is forwarded then, and Host and Origin agree on it. */
export function isLoopbackCall({ host, origin }: CallOrigin): boolean {
  const name = host?.replace(/:\d+$/, '').toLowerCase();
  if (name === undefined || !loopbackNames.includes(name)) return false;
  return origin === undefined || origin.toLowerCase() === `http://${host?.toLowerCase()}`;
}

export const FOREIGN_CALL_TEXT = 'only pages and programs of this machine may call this';
