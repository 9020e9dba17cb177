// One task of the simulated provider: what is kept of it, and how Get3W would show it. A task knows from its acceptance
// how and when it ends; only that it has ended, and which webhook calls were made, is added later.
import { taskErrorText } from './simulator-errors.ts';
import type { TaskPlan } from './attempt-plan.ts';

/** The result of one webhook call; kept only for debugging, because Get3W calls once whatever the answer is. */
export type WebhookResult = { readonly status: number } | { readonly error: string };

export interface SimulatedTask {
  readonly id: string;
  readonly model: string;
  /** `X-Request-Id` of the submit. */
  readonly requestId: string | null;
  readonly webhookUrl: string | null;
  readonly createdAtMs: number;
  readonly plan: TaskPlan;
  /** Where outputs are served, as the submitter saw this host. */
  readonly baseUrl: string;
  readonly aspectRatio: string | null;
  readonly endedAtMs: number | null;
  /** Results of the calls of `plan.callDelaysMs`, by their index there. */
  readonly calls: Readonly<Record<number, WebhookResult & { readonly atMs: number }>>;
}

/** The task object of Get3W's page. */
export interface TaskObject {
  readonly id: string;
  readonly model: string;
  readonly status: string;
  readonly code: number | null;
  readonly outputs: readonly string[] | null;
  readonly error: string | null;
  readonly created_at: string;
}

/** Part of its duration that a task is `created` before it is `processing`. */
const CREATED_SHARE = 0.1;

export function finishAtMs(task: SimulatedTask): number | null {
  return task.plan.durationMs === null ? null : task.createdAtMs + task.plan.durationMs;
}

/** The task as Get3W shows it at a moment; `baseUrl` overrides the host that its submitter saw. */
export function describeTask(task: SimulatedTask, nowMs: number, baseUrl: string | null): TaskObject {
  const ended = task.endedAtMs !== null;
  const completed = ended && task.plan.code === 0;
  return {
    id: task.id,
    model: task.model,
    status: completed ? 'completed' : ended ? task.plan.failedStatus : runningStatus(task, nowMs),
    code: ended ? task.plan.code : null,
    outputs: completed ? [`${baseUrl ?? task.baseUrl}/outputs/${task.id}.png`] : null,
    error: ended && !completed ? taskErrorText(task.plan.code) : null,
    created_at: new Date(task.createdAtMs).toISOString(),
  };
}

function runningStatus(task: SimulatedTask, nowMs: number): string {
  const startsAfterMs = (task.plan.durationMs ?? 0) * CREATED_SHARE;
  return nowMs - task.createdAtMs < startsAfterMs ? 'created' : task.plan.runningStatus;
}
