// Entries of the audit log as rows; on a narrow page each becomes a small card. What was done to a task or an endpoint
// leads there.
import { Link } from '../frame/navigation.tsx';
import { AccountName } from '../parts/account-name.tsx';
import { StatusPill } from '../parts/status-pill.tsx';
import { Moment } from '../parts/time-text.tsx';
import { shortId } from '../parts/words.ts';
import { auditAddress } from './audit-filter.ts';
import { changesText } from '../../../core/http/public-audit.ts';
import { ColumnHeads } from '../parts/column-heads.tsx';
import type { PublicAuditEntry } from '../../../core/http/public-audit.ts';
import type { JSX } from 'preact';

export function AuditTable({ entries }: { readonly entries: readonly PublicAuditEntry[] }): JSX.Element {
  return (
    <table class="rows audit-rows" role="table">
      <caption class="unseen">Acts of people, newest first</caption>
      <ColumnHeads names={['When', 'Who', 'What', 'On what', 'Account', 'Outcome', 'What exactly, and why']} />
      <tbody role="rowgroup">
        {entries.map((entry) => (
          <AuditRow key={entry.id} entry={entry} />
        ))}
      </tbody>
    </table>
  );
}

const tones = {
  done: 'good',
  begun: 'warn',
  unchanged: 'idle',
  partly: 'warn',
  refused: 'idle',
  failed: 'bad',
} as const;

function toneOf(outcome: string): (typeof tones)[keyof typeof tones] {
  return tones[outcome as keyof typeof tones] ?? 'idle';
}

function AuditRow({ entry }: { readonly entry: PublicAuditEntry }): JSX.Element {
  const { action, account, outcome, changes, reason, error } = entry;
  return (
    <tr role="row">
      <td role="cell" class="cell-when">
        <Moment at={entry.at} />
      </td>
      <td role="cell" class="cell-who">
        <Actor entry={entry} />
      </td>
      <th role="rowheader" scope="row" class="cell-act">
        <Link to={auditAddress({ action })}>{action}</Link>
      </th>
      <td role="cell" class="cell-target">
        <Target entry={entry} />
      </td>
      <td role="cell" class="cell-account">
        {account !== null && (
          <Link to={auditAddress({ account })}>
            <AccountName id={account} />
          </Link>
        )}
      </td>
      <td role="cell" class="cell-outcome">
        <StatusPill tone={toneOf(outcome)} text={outcome} />
      </td>
      <td role="cell" class="cell-why">
        {[changesText(entry), reason].filter(Boolean).join(' · ')}
        {error !== null && (
          <span class="faint">
            {(changes !== null || reason !== null) && ' · '}
            {error}
          </span>
        )}
      </td>
    </tr>
  );
}

/** A key by its name, else by its beginning; its account tells keys of the same name apart. */
function Actor({ entry: { actor } }: { readonly entry: PublicAuditEntry }): JSX.Element {
  if (actor.kind === 'command-line') return <span class="id">{actor.principal}</span>;
  return (
    <span>
      {actor.key_name ?? <span class="id">{actor.key_hint}…</span>}{' '}
      <span class="faint">
        of <AccountName id={actor.account ?? undefined} />
      </span>
    </span>
  );
}

const taskId = /^[\da-f]{8}-[\da-f]{4}-[\da-f-]{22}$/;
/** Longer ids are cut to their end, which tells them apart. */
const WHOLE_CHARS_MAX = 12;

function Target({ entry: { target } }: { readonly entry: PublicAuditEntry }): JSX.Element {
  if (target === null) return <span class="faint">–</span>;
  const short = target.length > WHOLE_CHARS_MAX ? shortId(target) : target;
  const to = taskId.test(target) ? `/tasks/${target}` : target.startsWith('we_') ? `/webhooks/${target}` : undefined;
  if (to === undefined) {
    return (
      <span class="id" title={target}>
        {short}
      </span>
    );
  }
  return (
    <Link to={to} class="id" label={target}>
      {short}
    </Link>
  );
}
