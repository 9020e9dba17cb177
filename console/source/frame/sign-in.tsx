// The sign-in form: the page tries the key on the relay before it accepts it.
import { useState } from 'preact/hooks';
import { Link, referenceAddress, runbookPath } from './navigation.tsx';
import icon from '../../icon.svg';
import { callRelay, RelayRefusal } from '../relay/relay-client.ts';
import type { JSX } from 'preact';

interface SignInProps {
  /** Why the page signed the user out. */
  readonly reason: string | undefined;
  readonly onKey: (key: string) => void;
}

export function SignIn({ reason, onKey }: SignInProps): JSX.Element {
  const [refusal, setRefusal] = useState(reason);
  const [isBusy, setBusy] = useState(false);
  const enter = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const field = new FormData(event.currentTarget as HTMLFormElement).get('key');
    const key = typeof field === 'string' ? field.trim() : '';
    setBusy(true);
    try {
      await callRelay('/v1/requests?limit=1', { method: 'GET', key });
      onKey(key);
    } catch (error) {
      if (!(error instanceof RelayRefusal)) throw error;
      setRefusal(error.message);
      setBusy(false);
    }
  };
  return (
    <main class="sign-in" id="main">
      <form class="panel" onSubmit={(event) => void enter(event)}>
        <img src={icon} alt="" width="40" height="40" />
        <h1>Get3W Relay</h1>
        <p class="sign-in-words">Sign in with a key of this relay. An operator’s key shows every account.</p>
        <label class="field">
          <span>Key</span>
          <input
            name="key"
            type="password"
            required
            autocomplete="off"
            spellcheck={false}
            placeholder="sk_…"
            aria-describedby="key-hint"
          />
        </label>
        {refusal !== undefined && (
          <p class="refusal" role="alert">
            {refusal}
          </p>
        )}
        <button type="submit" class="button button-strong" disabled={isBusy}>
          Sign in
        </button>
        <p id="key-hint" class="faint">
          The key stays in the open tabs of this page until you close them, and is sent only to this relay.
        </p>
        <p class="faint">
          <Link to={runbookPath()}>The runbook</Link> and <a href={referenceAddress}>the API's reference</a> can be read
          without a key.
        </p>
      </form>
    </main>
  );
}
