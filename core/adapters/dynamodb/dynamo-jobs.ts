// Bulk jobs in DynamoDB: a row for each job, which each save replaces over the version before, its entries in two lists,
// and a count of those that run on the account.
import { GetItemCommand, PutItemCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { keyOf } from '../../contract/items.ts';
import { isJobOver } from '../../domain/job/job.ts';
import { RelayError } from '../../domain/relay-error.ts';
import { DAY_MS } from '../../domain/time-ms.ts';
import { classifyFault } from '../sdk-faults.ts';
import { dueAttributes, ttlAttribute } from './event-item.ts';
import { batchGet, queryPage } from './dynamo-reads.ts';
import { keyItem } from './task-item.ts';
import { UpdateExpression } from './update-expression.ts';
import type { Key } from '../../contract/items.ts';
import type { Job } from '../../domain/job/job.ts';
import type { JobPage, JobQueryPage, JobStore } from '../../ports/job-store.ts';
import type { DynamoTable, Item } from './dynamo-table.ts';

/** How long a job can be read after it was made. */
const JOB_KEPT_MS = 30 * DAY_MS;

export function jobsOf(table: DynamoTable): JobStore {
  return {
    createJob: (job, ids, runningMax) => createJob(table, job, { ids, runningMax }),
    loadJob: async (jobId) => readJob(await load(table, keyOf.job(jobId))),
    loadJobIds: async (jobId) => {
      const text = (await load(table, keyOf.jobIds(jobId)))?.['ids']?.S;
      return text === undefined ? [] : (JSON.parse(text) as readonly string[]);
    },
    saveJob: (job) => saveJob(table, job),
    listJobs: (query) => listJobs(table, query),
  };
}

async function load(table: DynamoTable, key: Key): Promise<Item | undefined> {
  const get = new GetItemCommand({ TableName: table.name, Key: keyItem(key), ConsistentRead: true });
  return (await table.call((client) => client.send(get))).Item;
}

function jobItem(job: Job): Item {
  const { due, version, ...content } = job;
  return {
    ...keyItem(keyOf.job(job.id)),
    job: { S: JSON.stringify(content) },
    version: { N: String(version) },
    ...(due && dueAttributes(job.id, due.at, due.by)),
    ...ttlAttribute(job.createdAt, JOB_KEPT_MS),
  };
}

/** The due is read from its attributes, because the sweep postpones it there. */
function readJob(item: Item | undefined): Job | undefined {
  const text = item?.['job']?.S;
  if (item === undefined || text === undefined) return undefined;
  const dueAt = item['dueAt']?.N;
  const by = item['dueBy']?.S === 'doorbell' ? 'doorbell' : 'sweep';
  return {
    ...(JSON.parse(text) as Omit<Job, 'version' | 'due'>),
    version: Number(item['version']?.N),
    ...(dueAt !== undefined && { due: { at: Number(dueAt), by } }),
  };
}

async function createJob(
  table: DynamoTable,
  job: Job,
  { ids, runningMax }: { readonly ids: readonly string[]; readonly runningMax: number },
): Promise<'created' | 'too-many'> {
  const ttl = ttlAttribute(job.createdAt, JOB_KEPT_MS);
  const put = (key: Key, fields: Item) => ({
    Put: { TableName: table.name, Item: { ...keyItem(key), ...fields, ...ttl } },
  });
  const running = new UpdateExpression();
  running.add('running', 1);
  running.require(
    `attribute_not_exists(${running.name('running')}) OR ${running.name('running')} < ${running.value(runningMax)}`,
  );
  const transaction = new TransactWriteItemsCommand({
    TransactItems: [
      { Update: running.toUpdate(table.name, keyOf.jobCount(job.accountId)) },
      { Put: { TableName: table.name, Item: jobItem(job) } },
      put(keyOf.jobListing(undefined, job.id), {}),
      put(keyOf.jobListing(job.accountId, job.id), {}),
      ...(ids.length > 0 ? [put(keyOf.jobIds(job.id), { ids: { S: JSON.stringify(ids) } })] : []),
    ],
    ClientRequestToken: table.newId(),
  });
  try {
    await table.call((client) => client.send(transaction));
    return 'created';
  } catch (error) {
    if (classifyFault(error).kind === 'transaction-refused') return 'too-many';
    throw error;
  }
}

async function saveJob(table: DynamoTable, job: Job): Promise<Job | undefined> {
  const saved = { ...job, version: job.version + 1 };
  const put = {
    TableName: table.name,
    Item: jobItem(saved),
    ConditionExpression: '#version = :before',
    ExpressionAttributeNames: { '#version': 'version' },
    ExpressionAttributeValues: { ':before': { N: String(job.version) } },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
  };
  try {
    if (isJobOver(saved)) await saveLast(table, put, saved.accountId);
    else await table.call((client) => client.send(new PutItemCommand(put)));
    return saved;
  } catch (error) {
    const fault = classifyFault(error);
    if (fault.kind === 'transaction-refused') return undefined;
    if (fault.kind !== 'condition-failed') throw error;
    return isSame(fault.item, put.Item) ? saved : undefined;
  }
}

/** The SDK may have sent it twice, and the answer to the first was lost. */
function isSame(found: Item | undefined, put: Item): boolean {
  return found?.['version']?.N === put['version']?.N && found?.['job']?.S === put['job']?.S;
}

/** Its token recognises a resend, so the job is counted out once. */
async function saveLast(
  table: DynamoTable,
  put: { readonly TableName: string; readonly Item: Item; readonly ConditionExpression: string },
  accountId: string,
): Promise<void> {
  const running = new UpdateExpression();
  running.add('running', -1);
  const transaction = new TransactWriteItemsCommand({
    TransactItems: [{ Put: put }, { Update: running.toUpdate(table.name, keyOf.jobCount(accountId)) }],
    ClientRequestToken: table.newId(),
  });
  await table.call((client) => client.send(transaction));
}

async function listJobs(table: DynamoTable, { accountId, limit, cursor }: JobQueryPage): Promise<JobPage> {
  const { pk } = keyOf.jobListing(accountId, '');
  const before = cursor === undefined ? undefined : readJobCursor(accountId, cursor);
  const { items, next } = await queryPage(table, {
    KeyConditionExpression: `pk = :pk${before === undefined ? '' : ' AND sk < :before'}`,
    ExpressionAttributeValues: { ':pk': { S: pk }, ...(before !== undefined && { ':before': { S: before } }) },
    ScanIndexForward: false,
    ConsistentRead: true,
    Limit: limit,
  });
  const ids = items.flatMap((item) => item['sk']?.S ?? []);
  const rows = await batchGet(table, ids.map(keyOf.job), { consistent: true });
  const jobs = rows.flatMap((item) => readJob(item) ?? []).sort((one, other) => (one.id < other.id ? 1 : -1));
  const last = ids.at(-1);
  return { jobs, ...(next && last !== undefined && { cursor: writeJobCursor(accountId, last) }) };
}

/** The first letter is the version of the cursor's form; the list that it is of comes next. */
const FORM = 'j1';
const EVERY_ACCOUNT = '*';

/** The memory double's cursors are the same. */
export function writeJobCursor(accountId: string | undefined, jobId: string): string {
  return Buffer.from([FORM, accountId ?? EVERY_ACCOUNT, jobId].join(' ')).toString('base64url');
}

/** @throws RelayError `bad-cursor`. */
export function readJobCursor(accountId: string | undefined, cursor: string): string {
  const [form, list, jobId = ''] = Buffer.from(cursor, 'base64url').toString('utf8').split(' ');
  if (form === FORM && list === (accountId ?? EVERY_ACCOUNT) && /^job_[0-9a-f-]{36}$/.test(jobId)) return jobId;
  throw new RelayError('bad-cursor', 'The cursor is not one of this list');
}
