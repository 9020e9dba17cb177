// Turns a step into everything that will happen to one submit: is a task created, how and when does it end, which
// webhook calls follow, what does the client see. Decided once, at acceptance, and stored, so that a restart in the
// middle changes nothing. Pure except for the random source; simulator-engine.ts carries it out.
import { drawWord } from './simulator-steps.ts';
import type { ConnectionCut } from './simulator-answers.ts';
import type { SimulatorSettings } from './simulator-settings.ts';
import type { Step } from './simulator-steps.ts';

export interface TaskPlan {
  /** Time from acceptance to the end; null is never. */
  readonly durationMs: number | null;
  readonly code: number;
  /** When each webhook call is made, counted from the end. */
  readonly callDelaysMs: readonly number[];
  /** With a webhook: the task ends at once, its duration aside, and its first call comes before the answer. */
  readonly early: boolean;
  /** Statuses in place of `processing` and `failed`. */
  readonly runningStatus: string;
  readonly failedStatus: string;
}

export type PlannedAnswer =
  | { readonly kind: 'documented' }
  | { readonly kind: 'gateway'; readonly status: number }
  | { readonly kind: 'garbled' }
  | { readonly kind: 'cut'; readonly cut: ConnectionCut };

export type AttemptPlan =
  | { readonly kind: 'refused'; readonly status: number }
  | { readonly kind: 'not-made'; readonly answer: PlannedAnswer }
  | { readonly kind: 'made'; readonly answer: PlannedAnswer; readonly task: TaskPlan };

/**
 * Plans one submit.
 * @param exact true for a scripted model, which does exactly what its step says: settings that are probabilities do not
 *   apply to it, those of duration and delay do.
 */
export function planAttempt(
  step: Step,
  settings: SimulatorSettings,
  random: () => number,
  exact: boolean,
): AttemptPlan {
  if (step.kind === 'refusal') return { kind: 'refused', status: step.status };
  if (step.kind === 'gateway') {
    const answer: PlannedAnswer = { kind: 'gateway', status: step.status };
    const made = !exact && happens(settings.gatewayTaskMade, random);
    return made ? { kind: 'made', answer, task: planTask(0, settings, random, exact) } : { kind: 'not-made', answer };
  }
  if (step.kind === 'task') {
    return { kind: 'made', answer: { kind: 'documented' }, task: planTask(step.code, settings, random, exact) };
  }
  if (step.quirk === 'reset') return { kind: 'not-made', answer: { kind: 'cut', cut: 'before-made' } };

  const task = planTask(0, settings, random, exact);
  const { delayMs, doubledGapMs } = settings.webhook;
  switch (step.quirk) {
    case 'lost':
      return { kind: 'made', answer: { kind: 'cut', cut: 'after-made' }, task };
    case 'hang':
      return { kind: 'made', answer: { kind: 'cut', cut: 'when-client-gives-up' }, task };
    case 'garbled':
      return { kind: 'made', answer: { kind: 'garbled' }, task };
    case 'silent':
      return { kind: 'made', answer: { kind: 'documented' }, task: { ...task, callDelaysMs: [] } };
    case 'twice':
      return documented({ ...task, callDelaysMs: [delayMs, delayMs + doubledGapMs] });
    case 'early':
      return documented({ ...task, early: true, callDelaysMs: [0] });
    case 'never':
      return documented({ ...task, durationMs: null });
  }
}

function documented(task: TaskPlan): AttemptPlan {
  return { kind: 'made', answer: { kind: 'documented' }, task };
}

function planTask(code: number, settings: SimulatorSettings, random: () => number, exact: boolean): TaskPlan {
  const { webhook, statuses } = settings;
  const plain: TaskPlan = {
    durationMs: drawDurationMs(settings, random),
    code,
    callDelaysMs: [webhook.delayMs],
    early: false,
    runningStatus: 'processing',
    failedStatus: 'failed',
  };
  if (exact) return plain;

  const early = happens(webhook.early, random);
  const firstCallMs = early ? 0 : webhook.delayMs + (happens(webhook.late, random) ? webhook.lateMs : 0);
  const calls = happens(webhook.doubled, random) ? [firstCallMs, firstCallMs + webhook.doubledGapMs] : [firstCallMs];
  return {
    ...plain,
    early,
    callDelaysMs: happens(webhook.lost, random) ? [] : calls,
    runningStatus: drawWord(statuses.running, random) ?? plain.runningStatus,
    failedStatus: drawWord(statuses.failed, random) ?? plain.failedStatus,
  };
}

function happens(probability: number, random: () => number): boolean {
  return probability > 0 && random() < probability;
}

function drawDurationMs({ durationMs, durationSigma }: SimulatorSettings, random: () => number): number {
  if (durationSigma === 0) return durationMs;
  // Box and Muller; 1 - random() keeps the logarithm away from zero. Less half the variance, the mean stays durationMs.
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return durationMs * Math.exp(durationSigma * normal - durationSigma ** 2 / 2);
}
