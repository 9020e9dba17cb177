// What must hold of a whole world: while faults are off no task is forgotten, and at the end all books agree.
// auditor.ts checks each commit.
import { auditAccountMoney, auditLedger, costOf } from './audit-money.ts';
import { attemptOf, hasEnded, nextVisitAt } from './audited-task.ts';
import { outputsOf } from './get3w-model.ts';
import { MINUTE_MS } from '../../core/domain/time-ms.ts';
import type { Task } from '../../core/domain/task/task.ts';
import type { Auditor } from './auditor.ts';
import type { Get3wModel } from './get3w-model.ts';
import type { SqsModel } from './sqs-model.ts';
import type { MemoryStore } from '../support/memory/memory-store.ts';
import type { WorldPlan } from './world-plan.ts';

interface Books {
  readonly plan: WorldPlan;
  readonly auditor: Auditor;
  readonly get3w: Get3wModel;
  readonly sqs: SqsModel;
  readonly store: MemoryStore;
  /** Writes whose answers never reached the function that made them: their metrics may be missing. */
  readonly lostAnswers: number;
}

/** A world in which nothing is lost, so that nothing is found again either. */
export function isCalm({ rates, outages, operatorPauses }: WorldPlan): boolean {
  return Object.values(rates).every((rate) => rate === 0) && outages.length === 0 && operatorPauses.length === 0;
}

/** Asked after each step of a calm world: a free slot goes to a waiting task at once, not at the next sweep. */
export function auditHandOver({ auditor, plan }: Pick<Books, 'auditor' | 'plan'>, now: number): void {
  // Some calls one after another, some of them lost to a rival, and the doorbell on its way.
  const handOverMs = 1_000 + 25 * plan.callMs[1];
  const { gate, idleSince } = auditor;
  if (!gate || idleSince === undefined || auditor.waitingSince.size === 0) return;
  const waiting = [...auditor.waitingSince.keys()].flatMap((id) => auditor.tasks.get(id) ?? []);
  // The sweep ends tasks past their deadline; until then they may be at the head of a queue, before the others.
  if (waiting.some(({ deadlineAt }) => now >= deadlineAt)) auditor.idleSince = now;
  if (now - idleSince < handOverMs) return;
  for (const [taskId, since] of auditor.waitingSince) {
    const task = auditor.tasks.get(taskId);
    if (!task || gate.models.get(task.model)?.circuit || now - Math.max(since, auditor.idleSince ?? now) < handOverMs)
      continue;
    auditor.report(`task ${taskId} was not handed the slot that has been free for ${now - idleSince} ms`);
  }
}

/** Asked every minute once faults have been off for two sweeps. */
export function auditCalm({ plan, auditor }: Books, now: number): void {
  const slackMs = 2 * MINUTE_MS + 2 * plan.clockSkewMs + 1_000;
  for (const task of auditor.tasks.values()) {
    const lateMs = now - (nextVisitAt(task) ?? now);
    if (lateMs > slackMs) auditor.report(`task ${task.id} (${task.status}) is overdue by ${lateMs} ms`);
  }
  const { gate, idleSince } = auditor;
  if (!gate || idleSince === undefined || now - idleSince < slackMs) return;
  for (const [taskId, since] of auditor.waitingSince) {
    const task = auditor.tasks.get(taskId);
    if (!task || gate.models.get(task.model)?.circuit || now - since < slackMs || now >= task.deadlineAt) continue;
    auditor.report(
      `task ${taskId} has waited for ${now - since} ms though a slot has been free for ${now - idleSince} ms`,
    );
  }
}

/** Nothing moves any more: asked once. */
export async function auditEnd(books: Books): Promise<void> {
  const { auditor } = books;
  for (const id of auditor.accepted) {
    if (!auditor.tasks.has(id)) auditor.report(`task ${id} was accepted and is not there`);
  }
  for (const task of auditor.tasks.values()) auditTask(books, task);
  auditGate(books);
  await auditAccounts(books);
  auditMetrics(books);
  const { plan, sqs } = books;
  const repairs = auditor.sumOf('SweepRepairs');
  // One run alone works off a queue of keep jobs that may be longer than their grace: then the sweep sends what waits there.
  const mayQueueLong = plan.keep !== undefined && plan.concurrency === 1;
  if (isCalm(plan) && !mayQueueLong && repairs > 0)
    auditor.report(`sweep repaired ${repairs} times where nothing was lost`);
  const hasRelayFaults = Object.entries(plan.rates).some(
    ([name, rate]) => /^(store|crashes|calls)/.test(name) && rate > 0,
  );
  const mayDie = hasRelayFaults || plan.outages.length > 0;
  if (!mayDie && sqs.deadLetters.length > 0) auditor.report(`${sqs.deadLetters.length} dead letters without a fault`);
}

function auditTask({ auditor, get3w, plan }: Books, task: Task): void {
  const report = (problem: string): void => auditor.report(`task ${task.id} (${task.status}) ${problem}`);
  if (!hasEnded(task)) return report('has not ended');
  if (task.due) report('has ended and is still due');
  for (const { end } of task.openEnds ?? []) report(`has ended ${task.ends} times, and end ${end} is not handed on`);
  const entries = get3w.entriesOf(task.id);
  if (task.status === 'completed') {
    // Digit by digit: what a double rounds, Get3W never gave.
    const outputs = JSON.stringify(task.result?.outputs);
    const isEarned = entries.some((entry) => entry.code === 0 && outputsOf(entry) === outputs);
    if (!isEarned) report(`ended with outputs that Get3W never gave: ${outputs.slice(0, 200)}`);
  }
  const denied = entries.find((entry) => attemptOf(task, entry)?.outcome === 'refused');
  if (denied) report(`counts ${denied.id} as refused, which Get3W has taken in`);
  const paid = entries.filter(({ isRefunded }) => !isRefunded).length;
  const excused = task.attempts.filter(
    ({ doubt, outcome, unusedSuccess }) => doubt !== undefined || outcome === 'abandoned' || unusedSuccess,
  );
  const putBack = task.ends - 1;
  if (paid > 1 + excused.length + putBack) report(`was paid ${paid} times, ${excused.length} of them excused`);
  const started = task.attemptCount;
  // Without callbacks a job whose answers were all lost may be running there and known to no one.
  if (auditor.postsOf(task.id) > started) report(`was POSTed ${auditor.postsOf(task.id)} times in ${started} attempts`);
  for (const problem of auditLedger(task, entries, plan)) report(problem);
}

function auditGate({ auditor }: Books): void {
  if (!auditor.gate) return;
  const { gate, queues, models } = auditor.gate;
  const miscounted = auditor.sumOf('SlotsMiscounted');
  if (miscounted > 0) auditor.report(`a recount found ${miscounted} slots between the gate and its tasks`);
  for (const [name, count] of Object.entries(gate.counters)) {
    if (/inFlight|InFlight/.test(name) && count !== 0) auditor.report(`the gate still counts ${count} of ${name}`);
  }
  for (const { accountId, waiting } of queues.values()) {
    if (Object.keys(waiting).length > 0) auditor.report(`the gate still counts ${accountId} among the waiting`);
  }
  for (const [model, { probesInFlight }] of models) {
    if (probesInFlight !== 0) auditor.report(`the gate still counts ${probesInFlight} circuit probes of ${model}`);
  }
}

async function auditAccounts({ auditor, store, plan }: Books): Promise<void> {
  for (const planned of plan.accounts) {
    const { id } = planned;
    const account = await store.loadAccount(id);
    if (account?.activeTasks !== 0) auditor.report(`account ${id} still counts ${account?.activeTasks} tasks`);
    if (auditor.activeOf(id) !== 0)
      auditor.report(`account ${id} has ${auditor.activeOf(id)} tasks that have not ended`);
    const own = [...auditor.tasks.values()].filter(({ accountId }) => accountId === id);
    const costs = own.map((task) => ({
      day: task.money?.day,
      // A task that was put back may have been charged between its ends.
      isLate: task.status !== 'completed' || task.attempts.some(({ unusedSuccess }) => unusedSuccess),
      cost: costOf(task, plan),
    }));
    for (const problem of auditAccountMoney(planned, account, costs)) auditor.report(problem);
  }
}

/** Metrics are what happened, exactly; where functions lost the answers to their writes, never more. */
function auditMetrics({ auditor, lostAnswers }: Books): void {
  const tasks = [...auditor.tasks.values()];
  const sum = (count: (task: Task) => number): number => tasks.reduce((total, task) => total + count(task), 0);
  const pairs = [
    ['TasksAccepted', tasks.length],
    ['TasksEnded', sum(({ ends }) => ends)],
    ['AttemptsStarted', sum(({ attemptCount }) => attemptCount) + auditor.returnedAttempts],
    ['AttemptsEnded', sum(({ attemptCount }) => attemptCount)],
  ] as const;
  for (const [name, actual] of pairs) {
    const measured = auditor.sumOf(name);
    const isRight = lostAnswers === 0 ? measured === actual : measured <= actual;
    if (!isRight) auditor.report(`${name} was measured ${measured} times and happened ${actual} times`);
  }
  // Counted before an end is closed. A held event, which the keep stage writes, has a due that is not swept here.
  const [fanned, ended] = [auditor.sumOf('EventsRecorded'), sum(({ keep, ends }) => (keep ? 0 : ends))];
  if (fanned < ended) auditor.report(`${ended} ends were handed on by ${fanned} fan-outs`);
}
