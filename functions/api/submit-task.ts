// Accepts a task: checks it in Get3W's order (401 before, then 404, 400, 403, 429), stores it, and sends dispatch a
// doorbell. Once it is answered, the relay is responsible for the task: the sweep finds whatever is lost after the
// write.
import { counter, DEFAULT_GATE_ID } from '../../core/domain/gate/gate.ts';
import { estimatedWaitMs, isCrowded } from '../../core/domain/gate/gate-view.ts';
import { counterName } from '../../core/domain/task/derived-counts.ts';
import { inputKeyOf } from '../../core/domain/media/input-object.ts';
import { requestDigest } from '../../core/domain/task/request-digest.ts';
import { limits } from '../../core/domain/limits.ts';
import { documentedFailure, invalidParameter, ownFailure, seconds } from '../../core/http/http-failure.ts';
import { reportChange } from '../../core/flows/report-change.ts';
import { sendDoorbells } from '../../core/flows/send-doorbells.ts';
import { isAtRest, loadKnownTask, refuseErased } from './known-task.ts';
import { shownTask } from './show-task.ts';
import { readSubmit } from './read-submit.ts';
import { accountFull, countRefusal, whyFull } from './refuse-when-full.ts';
import { dryRun, moneyFailure, moneyOfSubmit, whyUnpriced } from './submit-money.ts';
import { waitForEnd } from './wait-for-end.ts';
import type { Account } from '../../core/domain/account.ts';
import type { Gate } from '../../core/domain/gate/gate.ts';
import type { AccountQueues } from '../../core/domain/gate/gate-view.ts';
import type { TaskMoney } from '../../core/domain/money/charge.ts';
import type { Task } from '../../core/domain/task/task.ts';
import type { OutgoingDoorbell } from '../../core/contract/messages.ts';
import type { EventKey } from '../../core/domain/webhook/outbox-event.ts';
import type { Answer } from '../../core/http/answer.ts';
import type { HttpFailure } from '../../core/http/http-failure.ts';
import type { InputPorts } from '../../core/flows/load-input.ts';
import type { FlowPorts } from '../../core/ports/flow-ports.ts';
import type { TaskCreation } from '../../core/ports/ports.ts';
import type { Submit, SubmitRequest } from './read-submit.ts';
import type { PricedPorts } from './submit-money.ts';
import type { WaitPorts } from './wait-for-end.ts';

type SubmitPorts = WaitPorts & PricedPorts & InputPorts & { readonly store: TaskCreation };

type PricedSubmit = Submit & { readonly money: TaskMoney | undefined };

/** Most inputs name no upload, and are not searched for one. */
const namesUpload = /files\\?\/up_/;

/** Assumed duration of an attempt while nothing is known about it. */
const UNKNOWN_WORK_MS = 30_000;

/** `Retry-After` for a model for which the account's queues have no room. */
const CROWDED_RETRY_SECONDS = '60';

/** @throws HttpFailure 400, 403, 404, 409 or 429. */
export async function submitTask(ports: SubmitPorts, account: Account, request: SubmitRequest): Promise<Answer> {
  const submit = readSubmit(request, ports.settings, account);
  const [gate, queues] = await Promise.all([
    // For an estimate only.
    ports.store.loadGate(DEFAULT_GATE_ID, 'a-moment-ago'),
    ports.store.loadQueues(DEFAULT_GATE_ID, account.id),
  ]);
  const waitMs = estimatedWaitMs(gate, queues, account.weight);
  const money = moneyOfSubmit(ports, account, submit, ports.clock.now());
  const standing = { queues, waitMs, money };
  if (submit.isDryRun) {
    const { refusal } = whyRefused(ports, account, submit, standing);
    if (refusal) throw refusal;
    return dryRun(ports, account, { ...submit, money }, { waitMs, estimate: estimatedSeconds(gate, waitMs) });
  }
  await refuseUnlessRepeated(ports, account, submit, standing);
  const task = newTask(ports, account, { ...submit, money }, request.correlationId);
  const idempotency = submit.idempotencyKey !== undefined && {
    key: submit.idempotencyKey,
    digest: requestDigest({ ...submit, keep: askedKeep(request, submit) }),
    expiresAt: task.createdAt + limits.idempotencyMs,
  };
  await placeMedia(ports, task, submit.input);
  const estimate = estimatedSeconds(gate, waitMs);
  const creation = { task, input: submit.input, account, ...(idempotency && { idempotency }) };
  const result = await ports.store.createTask(creation);
  if (result.kind !== 'created') await removeInput(ports, task);
  switch (result.kind) {
    case 'created':
      break;
    case 'repeated':
      if (!idempotency || result.digest !== idempotency.digest) {
        throw ownFailure('idempotencyKeyReused');
      }
      return answer(ports, account, submit, { taskId: result.taskId, estimate, isReplay: true });
    case 'account-full':
      throw accountFull(account);
    default:
      await sendDoorbells(ports, eventDoorbells(result.events));
      throw moneyFailure(result.kind, money?.priceMicros ?? 0, ports.clock.now());
  }
  const made = { ...task, id: result.taskId ?? task.id };
  reportChange(ports, { after: made });
  const doorbell = { kind: 'task', taskId: made.id, attempt: 1 } as const;
  const toDispatch = { queue: 'dispatch', doorbell, delayMs: 0, group: account.id } as const;
  await sendDoorbells(ports, [toDispatch, ...eventDoorbells(result.events)]);
  return answer(ports, account, submit, { taskId: made.id, estimate, isReplay: false });
}

/** For thresholds of budgets that the submit has crossed; the sweep finds those whose doorbell is lost. */
function eventDoorbells(events: readonly EventKey[] = []): readonly OutgoingDoorbell[] {
  return events.map(({ accountId, position, id: eventId }) => {
    const doorbell = { kind: 'event', accountId, position, eventId } as const;
    return { queue: 'deliver', doorbell, delayMs: 0, group: accountId };
  });
}

function askedKeep({ query }: SubmitRequest, { keep }: Submit): string | undefined {
  return query['keep'] === undefined ? undefined : (keep ?? 'no');
}

/** What is known of the account's tasks, and of this one. */
interface Standing {
  readonly queues: AccountQueues | undefined;
  readonly waitMs: number | undefined;
  readonly money: TaskMoney | undefined;
}

function whyRefused(ports: FlowPorts, account: Account, { model }: Submit, { queues, waitMs, money }: Standing) {
  const full = whyFull(ports, account, queues);
  const refusal = whyUnpriced(account, money) ?? full ?? whyHopeless(ports, waitMs) ?? whyCrowded(queues, model);
  return { refusal, isFull: refusal !== undefined && refusal === full };
}

/**
 * A repeated submit creates no task: its client has been promised the first one and gets it, whatever a new one would be
 * refused for. Looked up only then, so that no usual submit pays for it.
 */
async function refuseUnlessRepeated(
  ports: FlowPorts & { readonly store: TaskCreation },
  account: Account,
  submit: Submit,
  standing: Standing,
): Promise<void> {
  const { refusal, isFull } = whyRefused(ports, account, submit, standing);
  if (!refusal) return;
  const { idempotencyKey: key } = submit;
  if (key !== undefined && (await ports.store.findRepeat(account.id, key))) return;
  if (isFull) countRefusal(ports, account);
  throw refusal;
}

/** A task that could not get its slot before its deadline is better refused now than failed tomorrow. */
function whyHopeless({ settings }: FlowPorts, waitMs: number | undefined): HttpFailure | undefined {
  if (waitMs === undefined || waitMs <= settings.deadlineMs) return undefined;
  const details = 'the task would wait for a slot until after its deadline';
  return documentedFailure(429, 0, { 'retry-after': seconds(waitMs - settings.deadlineMs) }, details);
}

/** The names of an account's waiting models are in one row, which each of its waiting tasks must write. */
function whyCrowded(queues: AccountQueues | undefined, model: string): HttpFailure | undefined {
  if (!isCrowded(queues, model)) return undefined;
  const details = 'too many different models of the account wait for a slot';
  return documentedFailure(429, 0, { 'retry-after': CROWDED_RETRY_SECONDS }, details);
}

function newTask(ports: FlowPorts, account: Account, submit: PricedSubmit, correlationId: string | undefined): Task {
  const now = ports.clock.now();
  const { deadlineMs, graceMs, pollMinMs } = ports.settings;
  return {
    id: ports.randomSource.id(),
    accountId: account.id,
    model: submit.model,
    gateId: DEFAULT_GATE_ID,
    status: 'queued',
    version: 1,
    createdAt: now,
    updatedAt: now,
    deadlineAt: now + deadlineMs,
    ends: 0,
    priorityMs: submit.priorityMs,
    weight: account.weight,
    ...(submit.webhookUrl !== undefined && { webhookUrl: submit.webhookUrl }),
    ...(correlationId !== undefined && { correlationId }),
    inputBytes: Buffer.byteLength(submit.input),
    ...inputPlace(ports, account, submit, correlationId),
    attempts: [],
    attemptCount: 0,
    failures: {},
    due: { at: now + Math.min(graceMs, deadlineMs), by: 'doorbell' },
    // Early enough for the first poll of an attempt too: until it ends, a usual task is not written to the index again.
    sweepAt: now + Math.min(graceMs, deadlineMs, pollMinMs),
    ...(submit.money && { money: submit.money }),
    ...(account.concurrentTasksMax === undefined && { isUncounted: true as const }),
    ...(submit.keep && { keep: submit.keep }),
  };
}

/** What lies in the bucket is there before the task: without it, an input is never read and ends by its age. */
async function placeMedia({ inputs }: InputPorts, task: Task, input: string): Promise<void> {
  if (namesUpload.test(input)) await (await import('./adopt-uploads.ts')).adoptUploads(inputs, input, task.accountId);
  const key = inputKeyOf(task);
  if (key !== undefined) await inputs.storeInput(key, input);
}

/** No task names it: it would lie there for weeks, and no erasure would find it. */
async function removeInput({ inputs, log }: InputPorts & Pick<FlowPorts, 'log'>, task: Task): Promise<void> {
  const key = inputKeyOf(task);
  if (key === undefined) return;
  try {
    await inputs.removeInput(key);
  } catch (error) {
    log.warn('The input of a submit that made no task stays until its age ends it', { key, error });
  }
}

/** In the task's row, in a row of its own, or in the bucket: wherever it costs least. */
function inputPlace(
  { randomSource }: Pick<FlowPorts, 'randomSource'>,
  account: Account,
  submit: Submit,
  correlationId: string | undefined,
): Pick<Task, 'input' | 'inputId'> {
  if (fitsRow(account, submit, correlationId)) return { input: submit.input };
  return Buffer.byteLength(submit.input) <= limits.tableInputBytesMax ? {} : { inputId: randomSource.secret() };
}

/** A second row for the input would cost as much as the task's own. */
function fitsRow(account: Account, submit: Submit, correlationId = ''): boolean {
  const texts = [submit.input, submit.model, submit.webhookUrl ?? '', account.id, correlationId];
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) <= limits.rowTextBytesMax;
}

interface Taken {
  readonly taskId: string;
  /** Seconds until its end, as it looks now. */
  readonly estimate: number;
  /** Whether the task is that of an earlier call with the same idempotency key. */
  readonly isReplay: boolean;
}

async function answer(ports: WaitPorts, account: Account, submit: Submit, taken: Taken): Promise<Answer> {
  const { taskId, estimate, isReplay } = taken;
  const headers: Readonly<Record<string, string>> = isReplay ? { 'idempotent-replayed': 'true' } : {};
  const about = { taskId, model: submit.model, ...(isReplay && { isReplay }) };
  if (submit.isSync) {
    const waited = await waitForEnd(ports, account, taskId);
    return { status: 200, body: waited.body, headers: { ...headers, ...waited.headers }, about };
  }
  const body = isReplay
    ? await repeatedTask(ports, account, { taskId, estimate })
    : { id: taskId, status: 'created', estimated_duration: estimate };
  return { status: 200, body, headers, about };
}

/** Hours may lie between the two calls: the answer shows the task as it is now. */
async function repeatedTask(
  ports: WaitPorts,
  account: Account,
  { taskId, estimate }: Pick<Taken, 'taskId' | 'estimate'>,
): Promise<object> {
  const known = await loadKnownTask(ports, taskId);
  if (!known) await refuseErased(ports, account, taskId);
  if (!known) throw invalidParameter('the task of this Idempotency-Key is no longer kept');
  return { ...(await shownTask(ports, known)), estimated_duration: isAtRest(known) ? 0 : estimate };
}

/** Wait for a slot plus the time one is held, from what the gate has seen; a hint, as Get3W's own. */
function estimatedSeconds(gate: Gate, waitMs: number = 0): number {
  const outcomes = counter(gate, counterName.outcomes);
  const workMs = outcomes > 0 ? counter(gate, counterName.heldMs) / outcomes : UNKNOWN_WORK_MS;
  return Math.max(1, Math.round((waitMs + workMs) / 1_000));
}
