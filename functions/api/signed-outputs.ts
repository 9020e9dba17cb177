// Kept outputs for an answer, each with an address that is signed for it. Loaded with the first task that keeps outputs:
// most relays have none.
import { publicKeptOutputs } from '../../core/http/public-outputs.ts';
import type { KeepJob } from '../../core/domain/media/keep-job.ts';
import type { Task } from '../../core/domain/task/task.ts';
import type { PublicTask } from '../../core/http/public-task.ts';
import type { KeptPorts } from './kept-ports.ts';

type Kept = Required<Pick<PublicTask, 'kept_outputs'>>;

/** By the id of the task; a task without a job, which has no outputs to keep, is left out. */
export async function signedOutputs(ports: KeptPorts, tasks: readonly Task[]): Promise<ReadonlyMap<string, Kept>> {
  const jobs = await ports.kept.loadKeepJobs(tasks.map(({ id }) => id));
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const signed = await Promise.all(
    jobs.map(async (job) => [job.taskId, { kept_outputs: await signedOf(ports, job, byId.get(job.taskId)) }] as const),
  );
  return new Map(signed);
}

async function signedOf({ signer, settings }: KeptPorts, job: KeepJob, task: Task | undefined) {
  const keys = job.outputs.flatMap((output) => (output.state === 'kept' ? [output.key] : []));
  const urls = await Promise.all(
    keys.map(async (key) => [key, await signer.sign(key, settings.media.signedMs)] as const),
  );
  const byKey = new Map(urls);
  return publicKeptOutputs(job, task?.result?.outputs, (_index, key) => byKey.get(key) ?? '');
}
