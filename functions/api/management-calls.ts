// Which call answers which route beside submit, get and list: changes of tasks, webhooks, kept outputs, keys, accounts, money, the audit
// log and the gate. They are a module of their own because the function loads it with the first such request: most of
// its processes serve tasks only, and start faster without it.
import { getAccount, listAccounts } from './account-calls.ts';
import { patchAccount, resumeOther, suspendOther } from './account-change-calls.ts';
import { listAudit } from './audit-calls.ts';
import { cancelTask, retryTask } from './change-task.ts';
import { listDeadLetters, redriveLetters } from './dead-letter-calls.ts';
import { eraseOwnTask } from './erase-call.ts';
import { getGate, pauseGate, resumeGate } from './gate-calls.ts';
import { getOutput } from './kept-outputs.ts';
import { listFailures } from './failure-calls.ts';
import { createJob, getJob, listJobs, stopOwnJob } from './job-calls.ts';
import { createKey, listKeys, revokeKey } from './key-calls.ts';
import { serveAudited } from './serve-audited.ts';
import { muteGroup, unmuteGroup } from './mute-calls.ts';
import { getSpend } from './spend-calls.ts';
import { createUpload } from './upload-calls.ts';
import { webhookCalls } from './webhook-calls.ts';
import type { ApiRouteName, Serve } from './api-ports.ts';

const managementCalls = {
  ...webhookCalls,
  cancelTask: (ports, { account, parameters }) => cancelTask(ports, account, parameters['id'] ?? ''),
  retryTask: (ports, { account, parameters }) => retryTask(ports, account, parameters['id'] ?? ''),
  eraseTask: (ports, { account, parameters }) => eraseOwnTask(ports, account, parameters['id'] ?? ''),
  getOutput: (ports, { account, parameters }) =>
    getOutput(ports, account, parameters['id'] ?? '', parameters['number'] ?? ''),
  createUpload: (ports, { account, body }) => createUpload(ports, account.id, body),
  createKey: (ports, { caller, body, query }) => createKey(ports, caller, body, query),
  listKeys: (ports, { caller, query }) => listKeys(ports, caller, query),
  revokeKey: (ports, { caller, parameters, query }) => revokeKey(ports, caller, parameters['id'] ?? '', query),
  createJob: (ports, call) => createJob(ports, call),
  listFailures: (ports, { account, query }) => listFailures(ports, account, query),
  muteFailures: (ports, call) => muteGroup(ports, call),
  unmuteFailures: (ports, call) => unmuteGroup(ports, call),
  listJobs: (ports, call) => listJobs(ports, call, call.query),
  getJob: (ports, call) => getJob(ports, call),
  stopJob: (ports, call) => stopOwnJob(ports, call),
  listAccounts: (ports, { query }) => listAccounts(ports, query),
  getAccount: (ports, { caller, query }) => getAccount(ports, caller, query),
  changeAccount: (ports, call) => patchAccount(ports, call),
  suspendAccount: (ports, call) => suspendOther(ports, call),
  resumeAccount: (ports, call) => resumeOther(ports, call),
  listDeadLetters: (ports, { query }) => listDeadLetters(ports, query),
  redriveDeadLetters: (ports, call) => redriveLetters(ports, call),
  listAudit: (ports, { query }) => listAudit(ports, query),
  getSpend: (ports, { account, query }) => getSpend(ports, account, query),
  getGate: (ports) => getGate(ports),
  pauseGate: (ports, { account, query }) => pauseGate(ports, account, query),
  resumeGate: (ports) => resumeGate(ports),
} satisfies Partial<Record<ApiRouteName, Serve>>;

/** The call, on the record where it is an act that belongs there. */
export function managementCall(name: keyof typeof managementCalls): Serve {
  return (ports, call) => serveAudited(ports, name, call, () => managementCalls[name](ports, call));
}
