// Which calls of the API are acts that the audit log records. Acts of an operator are recorded for things of every account,
// changes of keys for every caller, and any act that a client gives a reason for.
import { keyIdOf } from '../../core/domain/api-key.ts';
import { DEFAULT_GATE_ID } from '../../core/domain/gate/gate.ts';
import { audited } from '../../core/flows/audited.ts';
import { accountIdPattern } from './asked-account.ts';
import { readReason } from './read-body-fields.ts';
import type { CheckedRoute } from '../../core/contract/query-parameters.ts';
import type { AuditAction } from '../../core/domain/audit-entry.ts';
import type { AuditPorts } from '../../core/flows/audited.ts';
import type { Caller } from '../../core/flows/authenticate.ts';
import type { Answer } from '../../core/http/answer.ts';
import type { Call } from './call.ts';

const acts: Partial<Readonly<Record<CheckedRoute, AuditAction>>> = {
  cancelTask: 'task.cancel',
  retryTask: 'task.retry',
  eraseTask: 'task.erase',
  replayTaskDelivery: 'delivery.replay',
  replayEndpointDelivery: 'delivery.replay',
  createEndpoint: 'endpoint.create',
  updateEndpoint: 'endpoint.change',
  deleteEndpoint: 'endpoint.delete',
  rotateEndpointSecret: 'endpoint.rotate-secret',
  rotateWebhookSecret: 'account.rotate-secret',
  testEndpoint: 'endpoint.test',
  recoverEndpoint: 'endpoint.recover',
  stopJob: 'job.stop',
  createKey: 'key.create',
  revokeKey: 'key.revoke',
  pauseGate: 'gate.pause',
  resumeGate: 'gate.resume',
};

const TARGET_CHARS_MAX = 100;

/** Serves the call, on the record if it is an act that belongs there. @throws what the call throws; 400 for a reason. */
export async function serveAudited(
  ports: AuditPorts,
  name: CheckedRoute,
  call: Call,
  serve: () => Promise<Answer>,
): Promise<Answer> {
  const action = acts[name];
  const reason = readReason(call.query['reason']);
  const isOfKeys = name === 'createKey' || name === 'revokeKey';
  if (action === undefined || !(isOfKeys || call.account.isOperator || reason !== undefined)) return serve();
  const { parameters, caller } = call;
  const target =
    parameters['delivery'] ?? parameters['id'] ?? (action.startsWith('gate.') ? DEFAULT_GATE_ID : undefined);
  const act = {
    actor: actorOf(caller),
    action,
    ...(target !== undefined && { target: target.slice(0, TARGET_CHARS_MAX).toWellFormed() }),
    ...(isOfKeys && { accountId: ownerOfKeys(call) }),
    ...(reason !== undefined && { reason }),
  };
  return audited(ports, act, serve, ({ ownerId, madeId }) => ({
    ...(ownerId !== undefined && { accountId: ownerId }),
    ...(madeId !== undefined && { target: madeId }),
  }));
}

/** Of keys that are refused, too: a call that names another account than its own is about that one's. */
function ownerOfKeys({ caller, account, query }: Call): string {
  const { account: asked } = query;
  return account.isOperator && asked !== undefined && accountIdPattern.test(asked) ? asked : caller.owner.id;
}

export function actorOf({ owner, key }: Caller) {
  const { hint, name } = key;
  return { kind: 'key', accountId: owner.id, keyId: keyIdOf(key), hint, ...(name !== undefined && { name }) } as const;
}
