// How the keeping of a task's outputs is stored: one JSON text, with what indexes, conditions and TTL need beside it. The
// due is read from its attributes, because the sweep postpones it there.
import { dueAttributes, ttlAttribute } from './event-item.ts';
import { keyOf } from '../../contract/items.ts';
import { packText, unpackText } from './compact-row.ts';
import { storedKeepJob } from './stored-names.ts';
import { keyItem } from './task-item.ts';
import type { KeepJob } from '../../domain/media/keep-job.ts';
import type { Item } from './dynamo-table.ts';

export function keepItem(job: KeepJob): Item {
  const { due, version, isErased, ...content } = job;
  return {
    ...keyItem(keyOf.keep(job.taskId)),
    job: { S: packText(content, storedKeepJob, job.endedAt) },
    version: { N: String(version) },
    ...(isErased && { erased: { BOOL: true } }),
    ...(due && dueAttributes(job.taskId, due.at, due.by)),
    ...(job.expiresAt !== undefined && ttlAttribute(job.expiresAt, 0)),
  };
}

export function readKeepJob(item: Item | undefined): KeepJob | undefined {
  const text = item?.['job']?.S;
  if (item === undefined || text === undefined) return undefined;
  const dueAt = item['dueAt']?.N;
  const by = item['dueBy']?.S === 'doorbell' ? 'doorbell' : 'sweep';
  return {
    ...unpackText<KeepJob>(text, storedKeepJob, storedKeepJob.endedAt.as),
    version: Number(item['version']?.N),
    ...(item['erased']?.BOOL && { isErased: true }),
    ...(dueAt !== undefined && { due: { at: Number(dueAt), by } }),
  };
}
