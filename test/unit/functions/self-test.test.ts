// The self-test of an endpoint: its report on a receiver that answers, and on one that cannot be reached.
import { beforeEach, describe, expect, it } from 'vitest';
import { ApiDoor } from '../../support/api-door.ts';
import type { ReceiverAct } from '../../support/memory/scripted-receivers.ts';

const HOOK_URL = 'https://app.example/hook';

let door: ApiDoor;

beforeEach(async () => {
  door = await ApiDoor.open();
});

interface Report {
  readonly passed: boolean;
  readonly wrongly_taken: readonly string[];
  readonly wrongly_refused: readonly string[];
  readonly not_answered: readonly string[];
  readonly deliveries: readonly {
    readonly name: string;
    readonly taken: boolean | null;
    readonly advice: string | null;
  }[];
}

async function test(act: ReceiverAct): Promise<Report> {
  door.receivers.script(HOOK_URL, act);
  const made = await door.call('POST', '/v1/webhook-endpoints', { body: { url: HOOK_URL } });
  const { id } = made.body as { id: string };
  return (await door.call('POST', `/v1/webhook-endpoints/${id}/test`)).body as Report;
}

describe('the self-test of an endpoint', () => {
  it.each([
    ['connect', /could not be reached: nothing accepts connections/],
    ['dns', /could not be reached: its name/],
    ['tls', /could not be reached: the TLS/],
    ['address', /could not be reached: its address/],
    ['timeout', /did not answer within 8 s/],
    ['connection', /broke the connection/],
  ] as const)(
    'says why it was not answered when the call breaks with %s, and that nothing is proven',
    async (cause, advice) => {
      const report = await test({ breaks: cause });
      expect(report).toMatchObject({
        passed: false,
        wrongly_taken: [],
        wrongly_refused: [],
        not_answered: ['good', 'bad-signature', 'old', 'doubled'],
      });
      for (const delivery of report.deliveries) {
        expect(delivery.taken).toBeNull();
        expect(delivery.advice).toMatch(advice);
      }
    },
  );

  it('tells a receiver that takes everything what it should have refused', async () => {
    const report = await test(200);
    expect(report).toMatchObject({
      passed: false,
      wrongly_taken: ['bad-signature', 'old'],
      wrongly_refused: [],
      not_answered: [],
    });
    expect(report.deliveries.map(({ advice }) => advice === null)).toEqual([true, false, false, true]);
  });
});
