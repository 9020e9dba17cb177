// The workloads that the meter runs, by name: each is a load world with a feature that costs. All of them run the real
// handlers; a name that is not here is not measured.
import { loadOf, plainClient } from '../../test/simulation/load-plan.ts';
import { HOUR_MS } from '../../core/domain/time-ms.ts';
import type { LoadPlan } from '../../test/simulation/load-plan.ts';

export interface Workload {
  readonly name: string;
  readonly about: string;
  readonly plan: LoadPlan;
  /** True when the workload is counted for a month, not for a task. */
  readonly isIdle?: true;
}

/** Ten tasks a second at four fifths of the slots, so that every task gets a slot at once. */
const usual = loadOf({ seed: 11, tasksPerSecond: 10, load: 0.8, workMs: 2_000 });
const roomy: LoadPlan = {
  ...usual,
  settings: { ...usual.settings, gate: { ...usual.settings.gate, limitStart: 100, limitMax: 100 } },
  slots: 100,
  warmMs: 0,
  // A thousand tasks: what only an account's first webhooks cost, its receiver unknown, is then a fortieth of the whole.
  submitsForMs: 125_000,
  endsAtMs: 1_800_000,
  sweeps: false,
};

/** More tasks at once than slots, then none: all but the first wait once. */
function waitingOf(accounts: number): LoadPlan {
  const slots = 25;
  const tasks = Math.max(200, accounts);
  return {
    ...roomy,
    settings: { ...usual.settings, gate: { ...usual.settings.gate, limitStart: slots, limitMax: slots } },
    slots,
    accounts,
    models: 1,
    submitsPerSecond: 40,
    submitsForMs: (tasks / 40) * 1_000,
    client: { ...plainClient, hasWebhook: true },
  };
}

function client(parts: Partial<LoadPlan['client']>): LoadPlan {
  return { ...roomy, client: { ...plainClient, ...parts } };
}

/** Each task keeps one output; a part of the usual tasks, because each byte of each output is hashed. */
function keeping(keptBytes: number, part: number): LoadPlan {
  return { ...client({ keptBytes }), accounts: roomy.accounts / part, submitsForMs: roomy.submitsForMs / part };
}

/** As many a second as a tier of 10,000 concurrent tasks allows; functions as the stack has them for that. */
const many = loadOf({ seed: 11, tasksPerSecond: 333, load: 0.8, workMs: 2_000, copies: 250 });
const busy: LoadPlan = {
  ...many,
  client: plainClient,
  warmMs: 0,
  submitsForMs: 20_000,
  endsAtMs: roomy.endsAtMs,
  sweeps: false,
};

export const workloads: readonly Workload[] = [
  {
    name: 'polled-once',
    about: 'succeeds, its client polls it once',
    plan: client({ hasWebhook: false, polls: 1 }),
  },
  { name: 'webhook-in-and-out', about: 'succeeds, called back to its client', plan: client({}) },
  { name: 'at-333-a-second', about: 'the same, 266 of 333 tasks a second that have slots', plan: busy },
  { name: 'idempotency-key', about: 'the same with an Idempotency-Key', plan: client({ hasKey: true }) },
  {
    name: 'attempts-1.4',
    about: 'the same, two of seven attempts end with 5003',
    plan: { ...client({}), transientShare: 2 / 7 },
  },
  { name: 'waits-once', about: 'the same, most tasks wait for their slot; 20 accounts', plan: waitingOf(20) },
  {
    name: 'metered-account',
    about: 'the same for accounts with a balance and a budget a day',
    plan: client({ isMetered: true }),
  },
  {
    name: 'sync',
    about: 'succeeds within its submit (`?sync=true`)',
    plan: client({ hasWebhook: false, isSync: true }),
  },
  { name: 'inputs-100-kb', about: 'as webhook-in-and-out, inputs of 100 KB', plan: client({ inputBytes: 100_000 }) },
  { name: 'keeps-1-mb', about: 'as webhook-in-and-out, keeps its output of 1 MB', plan: keeping(1_000_000, 1) },
  { name: 'keeps-20-mb', about: 'the same, of 20 MB: 100 tasks', plan: keeping(20_000_000, 10) },
  { name: 'waiting-accounts-1', about: 'most tasks wait for their slot; one account', plan: waitingOf(1) },
  { name: 'waiting-accounts-100', about: 'most tasks wait for their slot; 100 accounts', plan: waitingOf(100) },
  { name: 'waiting-accounts-1000', about: 'most tasks wait for their slot; 1,000 accounts', plan: waitingOf(1_000) },
  {
    name: 'idle',
    about: 'a month without tasks: sweep and the polling of queues',
    plan: { ...roomy, submitsPerSecond: 0, endsAtMs: HOUR_MS, sweeps: true },
    isIdle: true,
  },
];
