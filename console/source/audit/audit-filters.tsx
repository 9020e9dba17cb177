// The filters above the audit log: whose things, which kind of act, since when and until when.
import { useEffect, useState } from 'preact/hooks';
import { shownActions } from '../../../core/http/public-audit.ts';
import { navigate } from '../frame/navigation.tsx';
import { inputMoment, momentOfInput } from '../parts/moment-input.ts';
import { auditAddress } from './audit-filter.ts';
import type { AuditFilter } from './audit-filter.ts';
import type { JSX } from 'preact';

export function AuditFilters({ filter }: { readonly filter: AuditFilter }): JSX.Element {
  const change = (part: Partial<AuditFilter>): void =>
    navigate(auditAddress({ ...filter, ...part }), { isReplacing: true });
  return (
    <form class="filters" role="search" aria-label="Filter the audit log" onSubmit={(event) => event.preventDefault()}>
      <label class="field">
        <span>Action</span>
        <select value={filter.action} onChange={(event) => change({ action: event.currentTarget.value })}>
          <option value="">any</option>
          {shownActions.map((action) => (
            <option key={action} value={action}>
              {action}
            </option>
          ))}
        </select>
      </label>
      <AccountField account={filter.account} onAccount={(account) => change({ account })} />
      <MomentField name="From" at={filter.from} onMoment={(from) => change({ from })} />
      <MomentField name="Before" at={filter.to} onMoment={(to) => change({ to })} />
    </form>
  );
}

interface AccountFieldProps {
  readonly account: string;
  readonly onAccount: (account: string) => void;
}

/** The text survives the polls of the list; it counts once it is left or entered. */
function AccountField({ account, onAccount }: AccountFieldProps): JSX.Element {
  const [text, setText] = useState(account);
  useEffect(() => setText(account), [account]);
  return (
    <label class="field">
      <span>Account</span>
      <input
        type="search"
        class="id"
        placeholder="all accounts"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onChange={(event) => onAccount(event.currentTarget.value.trim())}
      />
    </label>
  );
}

interface MomentFieldProps {
  readonly name: string;
  readonly at: string;
  readonly onMoment: (at: string) => void;
}

function MomentField({ name, at, onMoment }: MomentFieldProps): JSX.Element {
  const parsed = Date.parse(at);
  return (
    <label class="field">
      <span>{name} (this browser’s time)</span>
      <input
        type="datetime-local"
        step={1}
        value={Number.isNaN(parsed) ? '' : inputMoment(parsed)}
        onChange={(event) => onMoment(momentOfInput(event.currentTarget.value))}
      />
    </label>
  );
}
