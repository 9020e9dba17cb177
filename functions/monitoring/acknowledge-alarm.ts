// `POST /v1/monitoring/alarms/acknowledge`: an operator says who is at an alarm that is on. On the record, and
// over when the alarm is: nothing has to take it back.
import { keyIdOf } from '../../core/domain/api-key.ts';
import { REASON_CHARS_MAX } from '../../core/domain/audit-entry.ts';
import { audited } from '../../core/flows/audited.ts';
import { invalidParameter, notFound, ownFailure } from '../../core/http/http-failure.ts';
import { readJsonObject } from '../../core/http/read-json-object.ts';
import { listAlarms } from './flow.ts';
import type { Caller } from '../../core/flows/authenticate.ts';
import type { AuditPorts } from '../../core/flows/audited.ts';
import type { PublicAlarm } from '../../core/http/monitoring.ts';
import type { MonitoringPorts } from './flow.ts';

const knownFields = ['name', 'reason'];

/** @throws HttpFailure 400 for a body that is not one, 404 for no alarm of this relay, 409 for one that is not on. */
export async function acknowledgeAlarm(
  ports: MonitoringPorts & AuditPorts,
  { owner, key }: Caller,
  text: string,
): Promise<PublicAlarm> {
  const { name, reason } = readBody(text);
  const actor = { kind: 'key', accountId: owner.id, keyId: keyIdOf(key), hint: key.hint } as const;
  const named = { ...actor, ...(key.name !== undefined && { name: key.name }) };
  const act = { actor: named, action: 'alarm.acknowledge', target: name } as const;
  return audited(ports, { ...act, ...(reason !== undefined && { reason }) }, async () => {
    // Before the alarms are: one that is written after this is for a later time of its alarm.
    const earlier = await ports.acknowledgements.read();
    const { alarms } = await listAlarms(ports);
    const alarm = alarms.find((one) => one.name === name);
    if (!alarm) throw notFound('the relay has no alarm of this name');
    if (alarm.state !== 'ALARM') throw ownFailure('alarmNotOn', `it is ${alarm.state}`);
    const at = ports.clock.now();
    const since = alarm.since === null ? at : Date.parse(alarm.since);
    const given = { by: key.name ?? owner.name, at, since, ...(reason !== undefined && { reason }) };
    const on = new Set(alarms.filter(({ state }) => state === 'ALARM').map((one) => one.name));
    const over = Object.fromEntries(Object.entries(earlier).filter(([other]) => !on.has(other)));
    await ports.acknowledgements.write(name, given, over);
    return { ...alarm, acknowledged: { by: given.by, at: new Date(at).toISOString(), reason: reason ?? null } };
  });
}

const NAME_CHARS_MAX = 100;

function readBody(text: string): { readonly name: string; readonly reason: string | undefined } {
  const { name, reason, ...others } = readJsonObject(text);
  const unknown = Object.keys(others);
  if (unknown.length > 0)
    throw invalidParameter(`${unknown.join(', ')} is not known; it takes ${knownFields.join(', ')}`);
  if (typeof name !== 'string' || name === '' || name.length > NAME_CHARS_MAX) {
    throw invalidParameter('name must be the name of an alarm, as the list of alarms has it');
  }
  if (reason === undefined || reason === null) return { name, reason: undefined };
  if (typeof reason !== 'string' || reason.trim() === '' || reason.length > REASON_CHARS_MAX) {
    throw invalidParameter(`reason must be a text of 1 to ${REASON_CHARS_MAX} characters`);
  }
  return { name, reason: reason.toWellFormed() };
}
