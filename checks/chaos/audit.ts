// Compares a client's list of accepted tasks with the API's view of them and with the charges in Get3W's ledger.
// Reports which promise was broken; the logs in the data directory show why.
import { RelayClient } from '../../test/support/relay-client.ts';
import type { PublicTask } from '../../core/http/public-task.ts';
import type { RelayProcess } from '../../test/support/relay-process.ts';
import type { ChaosClient } from './chaos-client.ts';

interface ChaosReport {
  readonly counts: Readonly<Record<string, number>>;
  /** Empty when every promise was kept. */
  readonly violations: readonly string[];
}

interface Ledger {
  readonly tasks: Readonly<Record<string, { accepted: number; charged: number; refunded: number }>>;
}

async function listAll(client: RelayClient): Promise<Map<string, PublicTask>> {
  const tasks = new Map<string, PublicTask>();
  let cursor: string | null = null;
  do {
    const more: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const { body } = await client.call<{ data: PublicTask[]; next_cursor: string | null }>(
      'GET',
      `/v1/requests?limit=100${more}`,
    );
    for (const task of body.data) tasks.set(task.id, task);
    cursor = body.next_cursor;
  } while (cursor !== null);
  return tasks;
}

/** An attempt whose doubt ended with a new submit may have been paid in addition to the next one. */
function doubtsResubmitted(task: PublicTask): number {
  return task.attempts.filter(({ doubt }) => doubt?.resolution === 'resubmitted').length;
}

export async function auditChaos(relay: RelayProcess, chaos: ChaosClient, timeoutMs: number): Promise<ChaosReport> {
  const client = new RelayClient(relay.url, relay.apiKey);
  const violations: string[] = chaos.contradictions.map((job) => `${job} was answered with two ids`);
  const until = Date.now() + timeoutMs;
  for (const id of chaos.accepted.values()) {
    await client
      .ended(id, Math.max(1_000, until - Date.now()))
      .catch((error: unknown) => violations.push(String(error)));
  }
  const tasks = await listAll(client);
  const ids = new Set(chaos.accepted.values());
  const ledger = (await (await fetch(`${relay.simulatorUrl}/_simulator/ledger`)).json()) as Ledger;
  for (const id of ids) if (!tasks.has(id)) violations.push(`task ${id} was accepted and is not listed`);
  for (const id of tasks.keys())
    if (!ids.has(id)) violations.push(`task ${id} is listed, but no client had it accepted`);
  for (const id of Object.keys(ledger.tasks))
    if (!ids.has(id)) violations.push(`Get3W worked for ${id}, which no client submitted`);
  let paidTwiceInDoubt = 0;
  for (const task of tasks.values()) {
    const entry = ledger.tasks[task.id];
    const paid = entry ? entry.charged - entry.refunded : 0;
    if (task.status === 'completed' && paid < 1) violations.push(`task ${task.id} completed without a charge`);
    if (paid > 1 + doubtsResubmitted(task)) violations.push(`task ${task.id} was paid ${paid} times without a doubt`);
    if (paid > 1) paidTwiceInDoubt += 1;
  }
  const all = [...tasks.values()];
  const attempts = all.flatMap((task) => task.attempts);
  return {
    violations,
    counts: {
      'tasks accepted': ids.size,
      'submits repeated by the client': chaos.repeats,
      'tasks completed': all.filter(({ status }) => status === 'completed').length,
      'tasks failed with their attempts used up': all.filter(({ status }) => status === 'failed').length,
      attempts: attempts.length,
      'attempts in doubt': attempts.filter(({ doubt }) => doubt !== undefined).length,
      'tasks paid twice after a doubt': paidTwiceInDoubt,
      'tasks paid twice without one': violations.filter((text) => text.includes('without a doubt')).length,
    },
  };
}
