// What a person who looks into a task is told of its submit, and what a client that polls is spared.
import { beforeEach, describe, expect, it } from 'vitest';
import { ApiDoor } from '../../support/api-door.ts';
import type { PublicTask } from '../../../core/http/public-task.ts';

let door: ApiDoor;

beforeEach(async () => {
  door = await ApiDoor.open();
});

async function submitted(input: object, query = ''): Promise<string> {
  const reply = await door.call('POST', `/v1/vendor/model/task${query}`, { body: JSON.stringify(input) });
  expect(reply.status).toBe(200);
  return (reply.body as PublicTask).id;
}

async function shown(id: string, query: string): Promise<PublicTask> {
  return (await door.call('GET', `/v1/requests/${id}${query}`)).body as PublicTask;
}

describe('the details of a task', () => {
  it('say what its client sent and asked for, however long it is', async () => {
    for (const prompt of ['short', 'x'.repeat(2_000), 'y'.repeat(9_000)]) {
      const id = await submitted({ prompt }, '?priority=60&webhook=https%3A%2F%2F93.184.216.34%2Fhook');
      const { details, created_at: createdAt } = await shown(id, '?details=true');
      expect(details).toMatchObject({
        input: { prompt },
        input_state: 'shown',
        priority_seconds: 60,
        webhook: 'https://93.184.216.34/hook',
      });
      expect(details?.input_bytes).toBeGreaterThan(prompt.length);
      expect(Date.parse(details?.deadline_at ?? '')).toBeGreaterThan(Date.parse(createdAt));
    }
  });

  it('leave out an input that is too long to be shown, and say so', async () => {
    const id = await submitted({ prompt: 'z'.repeat(300 * 1024) });
    expect((await shown(id, '?details=true')).details).toMatchObject({ input: null, input_state: 'too_long' });
  });

  it('are left out unless asked for, and asked for by a flag only', async () => {
    const id = await submitted({ prompt: 'x' });
    expect(await shown(id, '?explain=true')).not.toHaveProperty('details');
    expect((await door.call('GET', `/v1/requests/${id}?details=maybe`)).status).toBe(400);
  });
});
