// Get3W's own calls, as its pages document them: submit, poll, and the outputs that tasks link to. Order of the checks
// of a submit: 401, 404, 400, 403, 429; only a submit that passes them all meets a scripted step or a random fault.
import { createHash } from 'node:crypto';
import { httpErrorText } from '../core/domain/error-catalogue.ts';
import { planAttempt } from './attempt-plan.ts';
import { gradientPng } from './gradient-png.ts';
import { describeTask, finishAtMs } from './simulated-task.ts';
import { cutAnswer, errorAnswer, garbledAnswer, gatewayAnswer, jsonAnswer } from './simulator-answers.ts';
import { drawFault, parseScript, success } from './simulator-steps.ts';
import type { PlannedAnswer } from './attempt-plan.ts';
import type { SimulatedTask } from './simulated-task.ts';
import type { SimulatorAnswer, SimulatorRequest } from './simulator-answers.ts';
import type { NewTask, SimulatorEngine, SubmitDecision } from './simulator-engine.ts';
import type { SimulatorSettings } from './simulator-settings.ts';
import type { ScriptPlace } from './simulator-state.ts';
import type { Step } from './simulator-steps.ts';

/** What differs between deployments. */
export interface ProviderRules {
  /** The valid keys: null for any key that begins with `sk_`. */
  readonly apiKeys: ReadonlySet<string> | null;
  readonly isHttpsOnly: boolean;
}

/** `POST /v1/{vendor}/{model}/{task}` and `GET /v1/requests/{id}`; everything else under `/v1/` is not found. */
export async function answerProviderCall(
  engine: SimulatorEngine,
  rules: ProviderRules,
  request: SimulatorRequest,
  segments: readonly string[],
): Promise<SimulatorAnswer> {
  const unauthorised = checkKey(rules, request.headers['authorization']);
  if (unauthorised !== null) return unauthorised;
  const [, vendor, model, task] = segments;
  // Get3W's table has no 405, so a wrong method is answered like a resource that does not exist.
  if (vendor === 'requests') {
    const polled = segments.length === 3 && model !== undefined && request.method === 'GET';
    return polled ? answerPoll(engine, model) : errorAnswer(404);
  }
  if (segments.length !== 4 || request.method !== 'POST') return errorAnswer(404);
  if (!vendor || !model || !task) return errorAnswer(404);
  return answerSubmit(engine, rules, request, { vendor, model, task });
}

/** `GET /outputs/{id}.png`: the picture of a completed task, 404 without one, 410 once it has expired. */
export function answerOutput(
  engine: SimulatorEngine,
  request: SimulatorRequest,
  segments: readonly string[],
): SimulatorAnswer {
  if (request.method !== 'GET' && request.method !== 'HEAD') return errorAnswer(404);
  const [, name = ''] = segments;
  const task = segments.length === 2 && name.endsWith('.png') ? engine.task(name.slice(0, -4)) : undefined;
  if (task === undefined || task.endedAtMs === null || task.plan.code !== 0) return errorAnswer(404);
  if (engine.ports.now() >= task.endedAtMs + engine.settings().outputsTtlMs) {
    return errorAnswer(410, 'This output has expired');
  }
  const { outputsRefused } = engine.settings();
  // Drawn only where it is set: a replayed seed must meet the same numbers.
  if (outputsRefused > 0 && engine.ports.random() < outputsRefused)
    return errorAnswer(503, 'Outputs are not available');
  const headers = { 'content-type': 'image/png', 'cache-control': 'public, max-age=3600, immutable' };
  return { status: 200, headers, body: gradientPng(task.id, task.aspectRatio) };
}

/** The three texts of 401, in the order in which a header can be wrong. */
export function checkKey({ apiKeys }: ProviderRules, authorization: string | undefined): SimulatorAnswer | null {
  if (authorization === undefined || authorization === '') return errorAnswer(401, httpErrorText(401, 0));
  const key = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  if (key === undefined) return errorAnswer(401, httpErrorText(401, 1));
  const known = apiKeys === null ? key.startsWith('sk_') : apiKeys.has(key);
  return known ? null : errorAnswer(401, httpErrorText(401, 2));
}

async function answerPoll(engine: SimulatorEngine, id: string): Promise<SimulatorAnswer> {
  // Timers that are queue messages may lag by seconds; no client should see a task run past its time.
  await engine.finishIfDue(id);
  const task = engine.task(id);
  if (task === undefined) return errorAnswer(404);
  const settings = engine.settings();
  const fault = drawFault(settings.pollFaults, engine.ports.random);
  if (fault?.kind === 'refusal') return refuse(settings, fault.status);
  if (fault?.kind === 'gateway') return gatewayAnswer(fault.status);
  if (fault?.kind === 'quirk') return cutAnswer('before-made');
  return jsonAnswer(200, describeTask(task, engine.ports.now(), engine.publicUrl));
}

/** `google/nano-banana-pro/text-to-image`; of a scripted model `simulator/{steps}/{task}`. */
interface ModelPath {
  readonly vendor: string;
  readonly model: string;
  readonly task: string;
}

async function answerSubmit(
  engine: SimulatorEngine,
  rules: ProviderRules,
  request: SimulatorRequest,
  path: ModelPath,
): Promise<SimulatorAnswer> {
  const script = path.vendor === 'simulator' ? parseScript(path.model) : undefined;
  if (script === null) return errorAnswer(404);
  const input = readInput(rules, request, `${path.vendor}/${path.model}/${path.task}`);
  if (input === null) return errorAnswer(400);
  const { plan, task } = await engine.submit(input, () => decideSubmit(engine, request, input, script));
  if (plan.kind === 'refused') return refuse(engine.settings(), plan.status);
  const undocumented = undocumentedAnswer(plan.answer);
  if (undocumented !== null) return undocumented;
  if (task === null) return errorAnswer(500);
  if (request.query.get('sync') === 'true') return answerSync(engine, task);
  const { durationMs, estimateFactor } = engine.settings();
  const estimateSeconds = Math.max(1, Math.round((durationMs * estimateFactor) / 1_000));
  return jsonAnswer(200, { id: task.id, status: 'created', estimated_duration: estimateSeconds });
}

/** Balance and limit are checked in the same step that uses them, or two submits could share the last slot. */
function decideSubmit(
  engine: SimulatorEngine,
  request: SimulatorRequest,
  input: NewTask,
  script: readonly Step[] | undefined,
): SubmitDecision {
  const settings = engine.settings();
  const refused = (status: number): SubmitDecision => ({ plan: { kind: 'refused', status }, script: null });
  if (settings.balance !== null && settings.balance <= 0) return refused(403);
  if (settings.concurrency !== null && engine.running() >= settings.concurrency) return refused(429);
  const { random } = engine.ports;
  if (script === undefined) {
    const step = drawFault(settings.faults, random) ?? success;
    return { plan: planAttempt(step, settings, random, false), script: null };
  }
  const { step, place } = nextStep(engine, request, input, script);
  return { plan: planAttempt(step, settings, random, true), script: place };
}

/**
 * Reads the body and the query; null is `Invalid parameters`. Only the prompt is checked, because it is all that the
 * documented examples of every model have in common.
 */
function readInput({ isHttpsOnly }: ProviderRules, request: SimulatorRequest, model: string): NewTask | null {
  let body: unknown;
  try {
    body = JSON.parse(request.bodyText);
  } catch {
    return null;
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return null;
  const { prompt, aspect_ratio: aspectRatio } = body as Record<string, unknown>;
  if (typeof prompt !== 'string' || prompt.trim() === '') return null;
  const webhookUrl = request.query.get('webhook');
  if (webhookUrl !== null && !isWebhookUrl(webhookUrl, isHttpsOnly)) return null;
  return {
    model,
    // Cut to what a journal line can hold; the relay's ids are 36 characters.
    requestId: request.headers['x-request-id']?.slice(0, 200) || null,
    webhookUrl,
    baseUrl: hostUrl(request),
    aspectRatio: typeof aspectRatio === 'string' ? aspectRatio.slice(0, 10).toWellFormed() : null,
  };
}

/**
 * The step that a scripted job has reached. A job is a request id with a model. Calls without the header are one job as
 * long as key, model and body stay the same, like a plain retry loop; such a job starts over after its last step,
 * because nothing distinguishes that client's next job from a further attempt.
 */
function nextStep(
  engine: SimulatorEngine,
  request: SimulatorRequest,
  input: NewTask,
  script: readonly Step[],
): { step: Step; place: ScriptPlace } {
  const named = input.requestId !== null;
  const key = named
    ? `${input.requestId} ${input.model}`
    : createHash('sha256')
        .update(JSON.stringify([request.headers['authorization'], input.model, request.bodyText]))
        .digest('base64url');
  const attempts = engine.attempts(key);
  const lastIndex = script.length - 1;
  const step = script[Math.min(attempts, lastIndex)] ?? success;
  const startsAnew = !named && attempts >= lastIndex;
  return { step, place: { key, count: startsAnew ? 0 : attempts + 1 } };
}

/** Waits for the task's own time rather than for an event: any process can answer, and a lost timer does no harm. */
async function answerSync(engine: SimulatorEngine, { id, createdAtMs }: SimulatedTask): Promise<SimulatorAnswer> {
  const { now, sleep } = engine.ports;
  const givenUpAtMs = createdAtMs + engine.settings().syncTimeoutMs;
  while (!(await engine.finishIfDue(id))) {
    const task = engine.task(id);
    if (task === undefined) return errorAnswer(404);
    if (now() >= givenUpAtMs) return gatewayAnswer(504);
    await sleep(Math.max(1, Math.min(finishAtMs(task) ?? givenUpAtMs, givenUpAtMs) - now()));
  }
  const task = engine.task(id);
  return task === undefined ? errorAnswer(404) : jsonAnswer(200, describeTask(task, now(), engine.publicUrl));
}

/** What is answered in place of the documented answer; null for the documented one. */
function undocumentedAnswer(answer: PlannedAnswer): SimulatorAnswer | null {
  if (answer.kind === 'documented') return null;
  if (answer.kind === 'cut') return cutAnswer(answer.cut);
  if (answer.kind === 'gateway') return gatewayAnswer(answer.status);
  return garbledAnswer();
}

function refuse(settings: SimulatorSettings, status: number): SimulatorAnswer {
  // A key that passed the check but is still refused has been revoked: the last of the three texts of 401.
  if (status === 401) return errorAnswer(401, httpErrorText(401, 2));
  const { retryAfterSeconds } = settings;
  if (status !== 429 || retryAfterSeconds === null) return errorAnswer(status);
  return errorAnswer(429, httpErrorText(429), { 'retry-after': String(retryAfterSeconds) });
}

/** This host as the client sees it. Behind a gateway only this header shows the scheme. */
function hostUrl({ headers }: SimulatorRequest): string {
  const scheme = headers['x-forwarded-proto'] === 'https' ? 'https' : 'http';
  return `${scheme}://${headers['host'] ?? 'localhost'}`;
}

function isWebhookUrl(text: string, isHttpsOnly: boolean): boolean {
  const protocol = URL.parse(text)?.protocol;
  return protocol === 'https:' || (protocol === 'http:' && !isHttpsOnly);
}
