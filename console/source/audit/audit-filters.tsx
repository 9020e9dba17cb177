// The filters above the audit log: whose things, which kind of act, since when and until when.
import { shownActions } from '../../../core/http/public-audit.ts';
import { navigate } from '../frame/navigation.tsx';
import { MomentField } from '../parts/moment-field.tsx';
import { TextField } from '../parts/text-field.tsx';
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
      <TextField name="Account" value={filter.account} hint="all accounts" onText={(account) => change({ account })} />
      <MomentField name="From" at={filter.from} onMoment={(from) => change({ from })} />
      <MomentField name="Before" at={filter.to} onMoment={(to) => change({ to })} />
    </form>
  );
}
