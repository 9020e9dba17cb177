// Uploads: what a client is given, and what becomes of a file when a task names it, is put back or is erased.
import { describe, expect, it } from 'vitest';
import { unusedKey, uploadKey, uploadsIn, uploadToken } from '../../../core/domain/media/upload.ts';
import { renewInput } from '../../../core/flows/renew-input.ts';
import { eraseTask } from '../../../core/flows/erase-task.ts';
import { getFile } from '../../../functions/api/kept-outputs.ts';
import { submitTask } from '../../../functions/api/submit-task.ts';
import { createUpload } from '../../../functions/api/upload-calls.ts';
import { memoryUploads } from '../../support/memory/memory-uploads.ts';
import { MemoryRelay } from '../../support/memory-relay.ts';
import { completedTask, NOW, sampleTask } from '../../support/sample-task.ts';
import type { Account } from '../../../core/domain/account.ts';

const account: Account = { id: 'acc_one', name: 'a', weight: 1, isOperator: false, activeTasks: 0, createdAt: NOW };
const token = uploadToken(account.id, 's'.repeat(32));
const naming = `{"image":"https://relay.example/files/${token}"}`;

function submit(relay: MemoryRelay, body: string, by = account) {
  const path = { vendor: 'acme', model: 'edit', task: 'image-to-image', idempotencyKey: undefined, query: {} };
  return submitTask(relay, by, { ...path, body });
}

describe('an upload', () => {
  it('is given a form for exactly its type and size, and an address that no other upload has', async () => {
    const relay = Object.assign(new MemoryRelay(), memoryUploads);
    const asked = JSON.stringify({ content_type: 'image/png', bytes: 3 });
    const answers = [await createUpload(relay, account.id, asked), await createUpload(relay, account.id, asked)];
    const urls = answers.map(({ body }) => (body as { file_url: string }).file_url);
    expect(new Set(urls).size).toBe(2);
    expect(uploadsIn(urls[0] ?? '')).toHaveLength(1);
    expect(answers[0]).toMatchObject({ status: 201, body: { form: { fields: { 'Content-Type': 'image/png' } } } });
  });

  it.each([
    [{ content_type: 'image/png; charset=x', bytes: 1 }, /content_type/],
    [{ content_type: 'image/png', bytes: 0 }, /bytes/],
    [{ content_type: 'image/png', bytes: 200_000_001 }, /from 1 to 200000000/],
    [{ content_type: 'image/png', bytes: 1, key: 'x' }, /key/],
  ])('is refused where it is %j', async (asked, details) => {
    const relay = Object.assign(new MemoryRelay(), memoryUploads);
    const refusal = { status: 400, details: expect.stringMatching(details) as string };
    await expect(createUpload(relay, account.id, JSON.stringify(asked))).rejects.toMatchObject(refusal);
  });

  it('that a submit names gets the life of an input before the task is made', async () => {
    const relay = new MemoryRelay();
    relay.inputs.texts.set(unusedKey(token), 'file');
    await submit(relay, naming);
    expect(relay.inputs.texts.get(uploadKey(token))).toBe('file');
    expect((await getFile(relay, token)).headers?.['location']).toContain(uploadKey(token));
    // A day later the first folder has been emptied: the second task begins its age again.
    relay.inputs.texts.delete(unusedKey(token));
    await submit(relay, naming.replaceAll('/', String.raw`\/`));
    expect(relay.inputs.renewed).toEqual([uploadKey(token)]);
    expect(relay.store.allTasks()).toHaveLength(2);
  });

  it('that a task has named is not replaced by what its form is used for afterwards', async () => {
    const relay = new MemoryRelay();
    relay.inputs.texts.set(unusedKey(token), 'file');
    await submit(relay, naming);
    relay.inputs.texts.set(unusedKey(token), 'another');
    await submit(relay, naming.replaceAll('/', String.raw`\/`));
    expect(relay.inputs.texts.get(uploadKey(token))).toBe('file');
  });

  it('that never arrived is refused with 400, and no task is made', async () => {
    const relay = new MemoryRelay();
    await expect(submit(relay, naming)).rejects.toMatchObject({ status: 400 });
    expect(relay.store.allTasks()).toEqual([]);
  });

  it('stays for a task that is put back, and goes with one that is erased', async () => {
    const relay = new MemoryRelay();
    const { store } = relay;
    relay.inputs.texts.set(uploadKey(token), 'file');
    relay.inputs.texts.set(unusedKey(token), 'file');
    await renewInput(relay, sampleTask({ status: 'failed', input: naming, accountId: account.id }));
    expect(relay.inputs.renewed).toEqual([uploadKey(token)]);

    const task = completedTask(['https://a.example/1'], { input: naming, ends: 0, accountId: account.id });
    await relay.put(task);
    await relay.clock.advance(20_000);
    await eraseTask(Object.assign(relay, { webhooks: store, erasures: store, spend: store }), task);
    expect(relay.inputs.texts.size).toBe(0);
  });

  it('of another account cannot be named, renewed or erased by those who know its address', async () => {
    const relay = new MemoryRelay();
    const { store } = relay;
    relay.inputs.texts.set(uploadKey(token), 'file');
    const neighbour = { ...account, id: 'acc_neighbour' };
    const details = expect.stringContaining('was not made by this account') as string;
    await expect(submit(relay, naming, neighbour)).rejects.toMatchObject({ status: 400, details });
    expect(relay.store.allTasks()).toEqual([]);

    // However a task of the neighbour came to name it.
    const task = completedTask(['https://a.example/1'], { input: naming, ends: 0, accountId: neighbour.id });
    await renewInput(relay, { ...task, status: 'failed' });
    await relay.put(task);
    await relay.clock.advance(20_000);
    await eraseTask(Object.assign(relay, { webhooks: store, erasures: store, spend: store }), task);
    expect(relay.inputs.renewed).toEqual([]);
    expect(relay.inputs.texts.get(uploadKey(token))).toBe('file');
  });
});
