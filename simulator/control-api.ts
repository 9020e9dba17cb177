// What the real Get3W does not have: `/_simulator/…`, for tests and for people who try failures. Changes nothing
// outside the simulator; simulator.ts decides whether a key is required.
import { describeTask } from './simulated-task.ts';
import { errorAnswer, jsonAnswer } from './simulator-answers.ts';
import { SettingsError, checkSettingsChange } from './simulator-settings.ts';
import type { SimulatedTask } from './simulated-task.ts';
import type { SimulatorAnswer, SimulatorRequest } from './simulator-answers.ts';
import type { SimulatorEngine } from './simulator-engine.ts';

type ControlCall = (engine: SimulatorEngine, request: SimulatorRequest) => SimulatorAnswer | Promise<SimulatorAnswer>;

/** Enough for any test; an answer of a hundred thousand tasks would stall the process. */
const TASKS_SHOWN_MAX = 1_000;

/** By name, then by method: anything else is 404, or 405 with the existing methods. */
const controlCalls: Readonly<Record<string, Readonly<Record<string, ControlCall>>>> = {
  settings: { GET: (engine) => jsonAnswer(200, engine.settings()), PUT: putSettings },
  ledger: { GET: (engine) => jsonAnswer(200, engine.ledger()) },
  tasks: { GET: getTasks },
  health: { GET: (engine) => jsonAnswer(200, { status: 'ok', running: engine.running() }) },
  reset: { POST: postReset },
};

/** Answers `/_simulator/{settings|ledger|tasks|health|reset}`. */
export async function answerControlCall(
  engine: SimulatorEngine,
  request: SimulatorRequest,
  segments: readonly string[],
): Promise<SimulatorAnswer> {
  const [, name = ''] = segments;
  // hasOwn, because otherwise `constructor` would be a call.
  const methods = segments.length === 2 && Object.hasOwn(controlCalls, name) ? controlCalls[name] : undefined;
  if (methods === undefined) return errorAnswer(404);
  const call = Object.hasOwn(methods, request.method) ? methods[request.method] : undefined;
  if (call === undefined) {
    return errorAnswer(405, 'Method not allowed', { allow: Object.keys(methods).join(', ') });
  }
  return call(engine, request);
}

/** All or nothing: one wrong field, and no field changes. */
async function putSettings(engine: SimulatorEngine, request: SimulatorRequest): Promise<SimulatorAnswer> {
  let change: unknown;
  try {
    change = JSON.parse(request.bodyText);
  } catch {
    return errorAnswer(400, 'settings must be a JSON object');
  }
  try {
    await engine.changeSettings(checkSettingsChange(change));
  } catch (error) {
    if (error instanceof SettingsError) return errorAnswer(400, error.message);
    throw error;
  }
  return jsonAnswer(200, engine.settings());
}

async function postReset(engine: SimulatorEngine): Promise<SimulatorAnswer> {
  await engine.reset();
  return jsonAnswer(200, engine.ledger());
}

/** `?request_id=` keeps those of one relay task; newest first, 1,000 at most. */
function getTasks(engine: SimulatorEngine, request: SimulatorRequest): SimulatorAnswer {
  const requestId = request.query.get('request_id');
  const wanted = [...engine.tasks()].filter((task) => requestId === null || task.requestId === requestId);
  const shown = wanted.reverse().slice(0, TASKS_SHOWN_MAX);
  return jsonAnswer(200, { tasks: shown.map((task) => describeForDebugging(engine, task)) });
}

/** The task as clients see it, with what Get3W would never show: its owner and the results of its webhook calls. */
function describeForDebugging(engine: SimulatorEngine, task: SimulatedTask): object {
  return {
    ...describeTask(task, engine.ports.now(), engine.publicUrl),
    request_id: task.requestId,
    webhook: task.webhookUrl,
    ended_at: task.endedAtMs === null ? null : new Date(task.endedAtMs).toISOString(),
    planned_calls: task.plan.callDelaysMs.length,
    calls: Object.values(task.calls).map(({ atMs, ...result }) => ({ ...result, at: new Date(atMs).toISOString() })),
  };
}
