// The audit log: who did what, on what, why, when, and with which outcome, newest first; by account, action and time. The
// address holds the filters.
import { useAddress } from '../frame/navigation.tsx';
import { usualPace } from '../frame/pace.ts';
import { useRelay } from '../frame/relay-context.ts';
import { usePages } from '../frame/use-pages.ts';
import { EmptyNote, Freshness, MoreButton, RefusalNote, ViewFrame } from '../parts/view-frame.tsx';
import { AuditFilters } from './audit-filters.tsx';
import { AuditTable } from './audit-table.tsx';
import { auditFilterOf } from './audit-filter.ts';
import type { PublicAuditEntry } from '../../../core/http/public-audit.ts';
import type { JSX } from 'preact';

/** A page of a rare action may be empty although more follows. */
const CALLS_MAX = 4;

export function AuditView(): JSX.Element {
  const { local } = useRelay();
  const filter = auditFilterOf(useAddress().searchParams);
  const { polled, rows, showMore } = usePages<PublicAuditEntry>('/v1/audit', { ...filter }, { callsMax: CALLS_MAX });
  const isEmpty = polled.value !== undefined && rows.length === 0 && showMore === undefined;
  return (
    <ViewFrame title="Audit log" tools={<Freshness of={polled} pace={usualPace(local)} />}>
      <AuditFilters filter={filter} />
      <RefusalNote of={polled} />
      {rows.length > 0 && (
        <div class="panel panel-flush">
          <AuditTable entries={rows} />
        </div>
      )}
      {isEmpty && (
        <EmptyNote>
          {Object.values(filter).some((text) => text !== '') ? 'No entry matches.' : 'Nothing is on the record yet.'}
        </EmptyNote>
      )}
      <MoreButton showMore={showMore} text="Show older entries" />
    </ViewFrame>
  );
}
