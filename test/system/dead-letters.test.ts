// Dead letters of a running relay through its API: the function finds the dead-letter queue of each queue by itself,
// shows the cause of a message, and sends it back.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deadLetterMaker } from '../support/dead-letters.ts';
import { RelayClient } from '../support/relay-client.ts';
import { startRelay } from '../support/relay-process.ts';
import type { RelayProcess } from '../support/relay-process.ts';

interface Listed {
  readonly messages: number;
  readonly queues: readonly { readonly queue: string; readonly letters: readonly object[] }[];
}

let relay: RelayProcess;
let operator: RelayClient;

beforeAll(async () => {
  relay = await startRelay();
  operator = new RelayClient(relay.url, relay.apiKey);
});
afterAll(() => relay.stop());

describe('a message that the relay cannot process', () => {
  it('is listed with its cause for as long as it is there, and goes back to its queue', async () => {
    const letters = deadLetterMaker(relay.dataDir);
    try {
      const messageId = await letters.make('this is no doorbell');
      const list = async (): Promise<Listed> => (await operator.call<Listed>('GET', '/v1/dead-letters')).body;
      const cause = { name: 'RelayError', code: 'message-unreadable' };
      const dispatch = {
        queue: 'dispatch',
        messages: 1,
        letters: [{ message_id: messageId, unknown_text: 'this is no doorbell', cause }],
      };
      for (let count = 0; count < 2; count += 1) {
        const { messages, queues } = await list();
        expect(messages).toBe(1);
        expect(queues[0]).toMatchObject(dispatch);
        expect(queues.map(({ queue }) => queue)).toEqual(['dispatch', 'settle', 'deliver', 'keep', 'jobs']);
      }
      expect(await letters.count()).toBe(1);
      const body = { queue: 'all', reason: 'the cause is gone' };
      const redriven = await operator.call('POST', '/v1/dead-letters/redrive', { body });
      expect(redriven).toMatchObject({ status: 200, body: { moved: 1, left: 0 } });
      expect(await letters.count()).toBe(0);
      expect((await list()).messages).toBe(0);
      const audit = await operator.call('GET', '/v1/audit?action=dead-letters.redrive');
      expect(audit.body).toMatchObject({ data: [{ target: 'all', reason: body.reason, outcome: 'done' }] });
    } finally {
      letters.close();
    }
  });
});
