// The filters of the audit log, as the address of the view and the queries of the API have them.

export interface AuditFilter {
  readonly account: string;
  readonly action: string;
  /** ISO 8601, or an empty text. */
  readonly from: string;
  readonly to: string;
}

export function auditFilterOf(query: URLSearchParams): AuditFilter {
  const textOf = (name: string): string => query.get(name) ?? '';
  return { account: textOf('account'), action: textOf('action'), from: textOf('from'), to: textOf('to') };
}

/** Address of the log with these filters, below `/console`. */
export function auditAddress(filter: Partial<AuditFilter>): string {
  const set = Object.entries(filter).filter(([, text]) => text !== '');
  return set.length === 0 ? '/audit' : `/audit?${new URLSearchParams(set).toString()}`;
}
