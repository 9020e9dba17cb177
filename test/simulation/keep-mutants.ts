// Deliberate breakages of the keeping of outputs, as those of mutants.ts: the simulation must find every one.
import type { Mutant } from './mutants.ts';

const DECIDE_KEEP = 'core/domain/media/decide-keep.ts';
const KEEP_FLOW = 'functions/keep/flow.ts';

export const keepMutants: readonly Mutant[] = [
  {
    name: 'outputs whose try failed are never visited again',
    file: DECIDE_KEEP,
    find: 'job: { ...released, notBefore, due }, doorbellDelayMs',
    replace: 'job: { ...released, notBefore }, doorbellDelayMs',
  },
  {
    name: 'a run that dies leaves its job to no other',
    file: DECIDE_KEEP,
    find: "lease: { id: claim.leaseId, until },\n    due: { at: until, by: 'sweep' },",
    replace: 'lease: { id: claim.leaseId, until },\n    due: undefined,',
  },
  {
    name: 'a webhook waits for its outputs without an end',
    file: DECIDE_KEEP,
    find: '? job.endedAt + holdMs : undefined',
    replace: '? job.endedAt + 1e6 * holdMs : undefined',
  },
  {
    name: 'an end that is held is told at once, and again',
    file: 'core/domain/media/keep-mode.ts',
    find: "return task.keep === 'before-webhook' && hasOutputsToKeep(task);",
    replace: 'return task.keep === undefined && hasOutputsToKeep(task);',
  },
  {
    name: 'what is left after a crash is fetched from the first addresses',
    file: KEEP_FLOW,
    find: 'this.#keepOne(index, addresses[index], timeoutMs)',
    replace: 'this.#keepOne(index, addresses[at], timeoutMs)',
  },
  {
    name: 'an erased task leaves its last output',
    file: KEEP_FLOW,
    find: 'for (const index of job.outputs.keys()) await',
    replace: 'for (const index of job.outputs.slice(1).keys()) await',
  },
  {
    name: 'news about outputs is told at each save',
    file: DECIDE_KEEP,
    find: 'if (job.isReported || !isOver(job)) return undefined;',
    replace: 'if (job.isReported) return undefined;',
  },
];
