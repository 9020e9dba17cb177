// Deliberate breakages of the relay, each one edit of one file: what a developer could plausibly have written instead.
// The simulation must find every one of them; hunt-mutant.ts applies them, mutants.test.ts asks for the result.
// An edit that no longer matches its file exactly once is an error: the code has moved on, and so must the mutant.

export interface Mutant {
  /** What the relay does wrong, as a sentence. */
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** The first of its worlds, where those of the others meet it too seldom. */
  readonly from?: number;
}

const DECIDE = 'core/domain/task/decide.ts';
const DECIDE_DUE = 'core/domain/task/decide-due.ts';
const DOUBT = 'core/domain/task/doubt.ts';
const TASK_TRANSITIONS = 'core/domain/task/task-transitions.ts';
const DERIVED_COUNTS = 'core/domain/task/derived-counts.ts';
const TASK_MONEY = 'core/domain/money/task-money.ts';
const GATE = 'core/domain/gate/gate.ts';
const CIRCUIT = 'core/domain/gate/circuit.ts';
const PROVIDER = 'core/adapters/get3w-provider.ts';
const UPSTREAM_TASK = 'core/domain/task/upstream-task.ts';
const READ_CANDIDATES = 'core/flows/read-candidates.ts';
const PLAN_ROUND = 'core/flows/plan-round.ts';

export const mutants: readonly Mutant[] = [
  {
    name: 'a refused attempt keeps its slot',
    file: TASK_TRANSITIONS,
    find: "  return without(task, 'slot');",
    replace: '  return task;',
  },
  {
    name: 'a cancelled task returns its slot while Get3W still works on it',
    file: TASK_TRANSITIONS,
    find: "...(open ? [] : (['slot', 'lease'] as const))",
    replace: "...(['slot', 'lease'] as const)",
  },
  {
    name: 'a task that ends leaves its ticket in the queue',
    file: TASK_TRANSITIONS,
    find: "without(task, 'ticket', 'nextAttemptAt', 'due'",
    replace: "without(task, 'nextAttemptAt', 'due'",
  },
  {
    name: 'a ticket stays in its queue after the grant',
    file: 'core/flows/leaving-tickets.ts',
    find: 'await this.#ports.store.removeTickets(this.#gateId, tickets);',
    replace: '',
  },
  {
    name: 'a ticket that a crash has left behind stays for ever',
    file: READ_CANDIDATES,
    find: 'return !task || (task.version >= version && task.ticket?.version !== version);',
    replace: 'return !task && version < 0;',
    from: 70_201,
  },
  {
    name: 'tickets of tasks that wait are removed',
    file: READ_CANDIDATES,
    find: 'return !task || (task.version >= version && task.ticket?.version !== version);',
    replace: 'return !task || version > 0;',
  },
  {
    name: 'a commit does not raise the version',
    file: DECIDE,
    find: 'version: before.version + 1, updatedAt',
    replace: 'version: before.version, updatedAt',
  },
  {
    name: 'a backoff is never visited again',
    file: TASK_TRANSITIONS,
    find: "task: withDue(waiting, { at: nextAttemptAt + settings.graceMs, by: 'doorbell' }),",
    replace: "task: without(waiting, 'due') as Task,",
  },
  {
    name: 'a policy allows one attempt too many',
    file: TASK_TRANSITIONS,
    find: 'count >= policy.attemptsMax',
    replace: 'count > policy.attemptsMax',
  },
  {
    name: 'an attempt in doubt is submitted again at once',
    file: DOUBT,
    find: "    case 'wait':\n      return {",
    replace: "    case 'wait':\n      if (task.version > 0) return resubmit(doubted, context);\n      return {",
  },
  {
    name: 'a lease that ran out counts as a refusal',
    file: DECIDE_DUE,
    find: 'return open && enterDoubt(task, open, leaseLost, context);',
    replace:
      "return open && sendAgain({ ...(without(closeAttempt(task, open, { outcome: 'refused', failure: leaseLost, now: context.now }), 'lease') as Task), status: 'queued' }, { type: 'send-dispatch-doorbell', taskId: task.id, attempt: task.attemptCount + 1, delayMs: 0 }, context);",
  },
  {
    name: 'a callback that comes twice counts twice',
    file: DECIDE,
    find: "if (attempt.outcome === 'completed' || attempt.outcome === 'failed') return refuse('duplicate-outcome');",
    replace: '',
  },
  {
    name: 'a late success replaces the end that was recorded',
    file: DECIDE,
    find: 'const isWinner = !isFinal(task.status);',
    replace: 'const isWinner = true as boolean;',
  },
  {
    name: 'the secret of a callback address is not checked',
    file: 'core/domain/task/callback-token.ts',
    find: 'return expected.length === actual.length && timingSafeEqual(expected, actual) ? attempt : undefined;',
    replace: 'return expected.length === actual.length || timingSafeEqual(expected, actual) ? attempt : undefined;',
  },
  {
    name: 'the deadline passes unnoticed',
    file: DECIDE_DUE,
    find: 'if (context.now >= task.deadlineAt) return endTask',
    replace: 'if (context.now >= task.deadlineAt + 86_400_000) return endTask',
  },
  {
    name: 'an account forgets the tasks that end',
    file: DERIVED_COUNTS,
    find: 'const activeTasks = isActive(after) - isActive(before);',
    replace: 'const activeTasks = Math.max(0, isActive(after) - isActive(before));',
  },
  {
    name: 'a refund is forgotten',
    file: DERIVED_COUNTS,
    find: 'if (held !== 0) spent.add(String(before?.money?.day), -held);',
    replace: 'if (held !== 0 && holds !== 0) spent.add(String(before?.money?.day), -held);',
  },
  {
    name: 'a refund is given twice',
    file: DERIVED_COUNTS,
    find: 'if (held !== 0) spent.add(String(before?.money?.day), -held);',
    replace: 'if (held !== 0) spent.add(String(before?.money?.day), holds === 0 ? -2 * held : -held);',
  },
  {
    name: 'a reserve is forgotten',
    file: DERIVED_COUNTS,
    find: 'if (holds !== 0) spent.add(String(after.money?.day), holds);',
    replace: 'if (holds !== 0 && before) spent.add(String(after.money?.day), holds);',
  },
  {
    name: 'a task that is put back reserves a second time',
    file: TASK_MONEY,
    find: 'if (money && heldMicros(money) > 0) return { ...money, reason };',
    replace: 'if (money && heldMicros(money) > 0) return { ...money, priceMicros: 2 * money.priceMicros, reason };',
  },
  {
    name: 'a late success is not charged',
    file: TASK_MONEY,
    find: "if (attempts.some(({ unusedSuccess }) => unusedSuccess)) return 'late-success';",
    replace: "if (attempts.some(({ unusedSuccess }) => unusedSuccess)) return 'service-failure';",
  },
  {
    name: 'a failure that Get3W does not refund is given back',
    file: TASK_MONEY,
    find: "return charging.failedWork ? 'failed-work' : 'failed-work-given-back';",
    replace: "return 'failed-work-given-back';",
  },
  {
    name: 'an end keeps the price of a failure that Get3W refunds',
    file: TASK_MONEY,
    find: '|| findError(failure.level, failure.code)?.transient) return false;\n  return !(failure.level',
    replace: ') return false;\n  return findError(failure.level, failure.code) !== undefined || !(failure.level',
  },
  {
    name: 'a balance goes below zero',
    file: 'core/domain/money/account-money.ts',
    find: "after.balanceMicros < 0) return 'balance-empty';",
    replace: "after.balanceMicros < -1e12) return 'balance-empty';",
  },
  {
    name: 'retries are not counted separately',
    file: DERIVED_COUNTS,
    find: "if (slot.kind === 'retry') counters.add(counterName.retriesInFlight, sign);",
    replace: '',
  },
  {
    name: 'an answer that comes late opens its attempt again',
    file: DECIDE,
    find: "if (attempt.state !== 'submitting' && attempt.state !== 'in-doubt') return refuse('stale-attempt');\n  const running",
    replace: 'const running',
  },
  {
    name: 'the sweep does not announce again an end whose doorbell was lost',
    file: DECIDE_DUE,
    find: 'const effects = late.map(',
    replace: 'const effects = late.slice(9).map(',
  },
  {
    name: 'an end that was handed on stays open',
    file: 'core/domain/task/decide-unseen.ts',
    find: 'sweptAt(task, withoutOpenEnd(task, end))',
    replace: 'sweptAt(task, withoutOpenEnd(task, end + 1))',
  },
  {
    name: 'a task that is put back forgets the end that is not handed on',
    file: DECIDE,
    find: "...without(kept, 'result', 'endedAt'),",
    replace: "...without(kept, 'result', 'endedAt', 'openEnds'),",
  },
  {
    name: 'an end counts as handed on before its fan-out',
    file: 'functions/deliver/task-end.ts',
    find: "return known.kind === 'found' ? isHandedOn(known.task, known.end) : known.kind === 'gone';",
    replace: "return known.kind === 'found' ? known.task.ends >= known.end : known.kind === 'gone';",
  },
  {
    name: 'a webhook that never comes is waited for until the deadline',
    file: DECIDE_DUE,
    find: 'open && sendAgain(task, pollDoorbell(task, open), context)',
    replace: 'undefined',
  },
  {
    name: 'one slot too many is granted',
    file: GATE,
    find: 'return Math.max(1, Math.floor(gate.limit.slots));',
    replace: 'return 1 + Math.floor(gate.limit.slots);',
  },
  {
    name: 'two allocations at once both grant the last slot',
    file: PLAN_ROUND,
    find: 'const isGateChanged = view.gate !== before || granted + back.length > 0 ||',
    replace: 'const isGateChanged = view.gate !== before || back.length > 0 ||',
  },
  {
    name: 'a claim does not count what others have claimed since the gate was read',
    file: PLAN_ROUND,
    find: 'ownSlotsMax: bound, limitSlots',
    replace: 'ownSlotsMax: bound + 1_000, limitSlots',
  },
  {
    name: 'a round does not count what has been claimed since the gate was read',
    file: PLAN_ROUND,
    find: '...(round.granted > 0 && { ownSlotsMax: bound })',
    replace: '',
  },
  {
    name: 'a claim takes what has come free twice',
    file: GATE,
    find: 'return slotLimit(gate) - (gate.released ?? 0) - taken;',
    replace: 'return slotLimit(gate) - 2 * (gate.released ?? 0) - taken;',
  },
  {
    name: 'a Retry-After pauses only the task that met it',
    file: GATE,
    find: "return isStopped(gate, now) || (gate.pause?.reason === 'limited' && now < gate.pause.until);",
    replace: 'return isStopped(gate, now);',
  },
  {
    name: 'a refused account is probed with every slot',
    file: GATE,
    find: 'return mayProbe ? Math.min(1, free) : 0;',
    replace: 'return mayProbe ? free : 0;',
  },
  {
    name: 'the next probe of a refused account may follow at once',
    file: 'core/domain/gate/fair-queue.ts',
    find: 'pause: { ...pause, probeAt: now + pause.probeWaitMs }',
    replace: 'pause',
  },
  {
    name: 'an open circuit lets tasks through',
    file: CIRCUIT,
    find: "if (circuitState(circuit, now) === 'open') return 0;",
    replace: "if (circuitState(circuit, now) === 'open') return 1;",
  },
  {
    name: 'the ramp of a circuit does not count the probes in flight',
    file: CIRCUIT,
    find: 'return Math.max(0, ramp - health.probesInFlight);',
    replace: 'return Math.max(0, ramp - 0 * health.probesInFlight);',
  },
  {
    name: 'a queue still counts the tasks that have left it',
    file: DERIVED_COUNTS,
    find: 'addTicket(before, -1, waiting);',
    replace: '',
  },
  {
    name: 'a probe that returned its slot still counts for its circuit',
    file: DERIVED_COUNTS,
    find: 'const probes = (after.slot?.circuitProbe ? 1 : 0) - (before?.slot?.circuitProbe ? 1 : 0);',
    replace: 'const probes = Math.max(0, (after.slot?.circuitProbe ? 1 : 0) - (before?.slot?.circuitProbe ? 1 : 0));',
  },
  {
    name: 'a doubled doorbell counts as two polls',
    file: DECIDE,
    find: "if (attempt.state !== 'running' || attempt.polls !== event.poll) return",
    replace: "if (attempt.state !== 'running') return",
  },
  {
    name: 'an outcome by callback does not record the attempt as accepted',
    file: DECIDE,
    find: 'const taken = acceptedNow(task, context.now);',
    replace: 'const taken = task;',
  },
  {
    name: 'an end is measured again when its orphan is over',
    file: 'core/flows/measure-change.ts',
    find: 'if (isFinal(after.status) && after.ends > (before?.ends ?? 0)) lines.push(measureEnd(after));',
    replace: 'if (isFinal(after.status) && after.ends >= (before?.ends ?? 0)) lines.push(measureEnd(after));',
  },
  {
    name: 'a 500 in the words of a gateway counts as a refusal',
    file: PROVIDER,
    find: "entry?.reaction === 'retry' && isOwnWord",
    replace: "entry?.reaction === 'retry'",
  },
  {
    name: 'a gateway that is out of service counts as a refusal',
    file: PROVIDER,
    find: 'status >= 400 && status < 500 ? status !== 408 :',
    replace: '(status >= 400 && status < 500) || status === 503 ? status !== 408 :',
  },
  {
    name: 'a request that a gateway gave up waiting for counts as a refusal',
    file: PROVIDER,
    find: '? status !== 408 :',
    replace: '? true :',
  },
  {
    name: 'an answer without an id counts as accepted',
    file: PROVIDER,
    find: 'if (task?.upstreamId === undefined) {',
    replace:
      "if (task && task.upstreamId === undefined) return { kind: 'accepted', upstreamId: 'unknown' };\n    if (task?.upstreamId === undefined) {",
  },
  {
    name: 'Get3W may postpone everything for any time',
    file: PROVIDER,
    find: 'readRetryAfterMs(retryAfter, now, limits.retryAfterMsMax)',
    replace: 'readRetryAfterMs(retryAfter, now, Infinity)',
  },
  {
    name: 'a text is kept where Get3W cut it',
    file: 'core/domain/cut-text.ts',
    find: 'text.slice(0, end).toWellFormed()',
    replace: 'text.slice(0, end)',
  },
  {
    name: 'a text is cut within an emoji',
    file: 'core/domain/cut-text.ts',
    find: 'return text.slice(0, end).toWellFormed();',
    replace: 'return text.toWellFormed().slice(0, charsMax + 0 * end);',
    from: 70_301,
  },
  {
    name: 'outputs of any depth are accepted',
    file: UPSTREAM_TASK,
    find: 'if (depthOf(outputs) > limits.outputsNestingMax) {',
    replace: 'if (depthOf(outputs) < 0) {',
  },
  {
    name: 'numbers in outputs are rounded to doubles',
    file: UPSTREAM_TASK,
    find: 'parseExactJson(text) : plain',
    replace: 'plain : plain',
  },
];
