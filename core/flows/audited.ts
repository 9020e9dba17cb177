// Does something on the record: the entry is written before the act, which does not happen if it cannot be written, and
// again with the outcome. An entry that stays `begun` shows that the relay died within the act.
import { HttpFailure } from '../http/http-failure.ts';
import type { AuditEntry } from '../domain/audit-entry.ts';
import type { AuditLog } from '../ports/audit-log.ts';
import type { Clock, Log, RandomSource } from '../ports/ports.ts';

export interface AuditPorts {
  readonly audit: AuditLog;
  readonly clock: Pick<Clock, 'now'>;
  readonly randomSource: Pick<RandomSource, 'id'>;
  readonly log: Log;
}

/** Who, what, on what, why. */
type Act = Pick<AuditEntry, 'actor' | 'action' | 'target' | 'accountId' | 'changes' | 'reason'>;

/** What is known of its target only afterwards, and its outcome where it is not just done. */
export type ActResult = Partial<Pick<AuditEntry, 'target' | 'accountId' | 'outcome' | 'error'>>;

const ERROR_CHARS_MAX = 300;

/**
 * @param resultOf what the act has shown of its target.
 * @throws whatever the act throws, and the fault of the log where the entry cannot be written before it.
 */
export async function audited<Value>(
  ports: AuditPorts,
  act: Act,
  work: () => Promise<Value>,
  resultOf: (value: Value) => ActResult = () => ({}),
): Promise<Value> {
  const begun: AuditEntry = { id: ports.randomSource.id(), at: ports.clock.now(), ...act, outcome: 'begun' };
  await ports.audit.write(begun);
  let value: Value;
  try {
    value = await work();
  } catch (error) {
    await end(ports, { ...begun, ...failureOf(error) });
    throw error;
  }
  await end(ports, { ...begun, outcome: 'done', ...resultOf(value) });
  return value;
}

/** What was refused may be told in its words; of a fault only the kind, because its text may quote anything. */
function failureOf(error: unknown): Pick<AuditEntry, 'outcome' | 'error'> {
  if (!(error instanceof Error)) return { outcome: 'failed' };
  const isRefusal = (error instanceof HttpFailure && error.status < 500) || error.name === 'CommandFailure';
  if (!isRefusal) return { outcome: 'failed', error: error.name };
  const details = error instanceof HttpFailure && error.details !== undefined ? `: ${error.details}` : '';
  return { outcome: 'refused', error: `${error.message}${details}`.slice(0, ERROR_CHARS_MAX).toWellFormed() };
}

/** The act has happened: its answer must not fail because of this. */
async function end({ audit, log }: AuditPorts, entry: AuditEntry): Promise<void> {
  try {
    await audit.write(entry);
  } catch (error) {
    log.error('The outcome of an act could not be written to the audit log', { reason: entry.action, error });
  }
}
