// Every command of the relay's command line, run as a program against a running relay: what it prints for programs,
// what it prints for people, and its exit code.
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RelayClient } from '../support/relay-client.ts';
import { deadLetterMaker } from '../support/dead-letters.ts';
import { relayCommands } from '../support/relay-commands.ts';
import { isLocalTarget, startRelay } from '../support/relay-process.ts';
import type { RelayCommands } from '../support/relay-commands.ts';
import type { RelayProcess } from '../support/relay-process.ts';

let relay: RelayProcess;
let client: RelayClient;
let commands: RelayCommands;

beforeAll(async () => {
  relay = await startRelay();
  client = new RelayClient(relay.url, relay.apiKey);
  commands = relayCommands(relay.commandLineTarget);
});
afterAll(() => relay.stop());

interface ShownAccount {
  readonly id: string;
  readonly name: string;
  readonly balance_micros: number | null;
}

function newAccount(name: string, ...options: string[]): Promise<ShownAccount> {
  return commands.json<ShownAccount>(['accounts', 'create', name, ...options]);
}

describe('relay init', () => {
  it('makes an account and a key, and prints a call that works unchanged', async () => {
    const made = await commands.json<{ key: string; curl: string; account: ShownAccount }>([
      'init',
      '--account',
      'new',
    ]);
    expect(made).toMatchObject({ url: relay.url, account: { name: 'new', is_operator: true } });
    expect(made.curl).toContain(`Authorization: Bearer ${made.key}`);
    const id = await new RelayClient(relay.url, made.key).submit('simulator/0/text-to-image');
    expect((await client.ended(id)).status).toBe('completed');
  });
});

describe('relay env', () => {
  it.runIf(isLocalTarget)('prints a line that a shell takes as it is, with the key that the relay knows', async () => {
    const { stdout } = await commands.run(['env']);
    const shown = execFileSync('sh', ['-c', `${stdout}\nprintf '%s %s' "$URL" "$KEY"`], { encoding: 'utf8' });
    expect(shown).toBe(`${relay.url} ${relay.apiKey}`);
  });
});

describe('relay simulator', () => {
  it.runIf(isLocalTarget)('shows what was paid, and changes the behaviour of Get3W', async () => {
    const before = await commands.json<{ accepted: number }>(['simulator', 'ledger']);
    await client.ended(await client.submit('simulator/0/text-to-image'));
    expect(await commands.json(['simulator', 'ledger'])).toMatchObject({ accepted: before.accepted + 1, running: 0 });
    const { durationMs } = await commands.json<{ durationMs: number }>(['simulator', 'settings']);
    const change = JSON.stringify({ durationMs: durationMs + 1 });
    expect(await commands.json(['simulator', 'set', change])).toMatchObject({ durationMs: durationMs + 1 });
    await commands.json(['simulator', 'set', JSON.stringify({ durationMs })]);
  });

  it.runIf(isLocalTarget)('says which setting is wrong', async () => {
    const { exitCode, stderr } = await commands.run(['simulator', 'set', '{"faults":{"77":1}}']);
    expect([exitCode, stderr]).toEqual([1, expect.stringMatching(/answers 400: faults\["77"\] is unknown/)]);
  });
});

describe('relay doctor', () => {
  interface Diagnosis {
    readonly is_well: boolean;
    readonly checks: readonly { readonly name: string; readonly status: string; readonly advice?: string }[];
  }
  const task = ['--task', 'simulator/5003.0/text-to-image'];

  it('finds a running relay well, a task with a retry in it included', async () => {
    const { is_well: isWell, checks } = await commands.json<Diagnosis>(['doctor', ...task]);
    expect(checks.filter(({ status }) => status === 'failed')).toEqual([]);
    expect(isWell).toBe(true);
    expect(checks.find(({ name }) => name === 'task')?.status).toBe('ok');
  });

  it('removes the account that it made for its task', async () => {
    await commands.json(['doctor', ...task]);
    const names = (await commands.json<ShownAccount[]>(['accounts', 'list'])).map(({ name }) => name);
    expect(names.filter((name) => name.startsWith('relay doctor'))).toEqual([]);
  });

  it('says for every warning what to do about it', async () => {
    await commands.json(['gate', 'pause']);
    try {
      const { checks } = await commands.json<Diagnosis>(['doctor', '--no-task']);
      expect(checks.find(({ name }) => name === 'gate')).toMatchObject({
        status: 'warning',
        advice: expect.stringContaining('gate resume') as string,
      });
    } finally {
      await commands.json(['gate', 'resume']);
    }
  });
});

describe('relay accounts', () => {
  it('makes, lists, shows and changes one, by its id or its name', async () => {
    const { id } = await newAccount('studio', '--limit', '5', '--balance', '10.50', '--weight', '2');
    expect(id).toMatch(/^acc_/);
    const expected = {
      id,
      concurrent_tasks_max: 5,
      balance_micros: 10_500_000,
      weight: 2,
      is_operator: false,
      active_tasks: 0,
    };
    expect(await commands.json(['accounts', 'show', 'studio'])).toMatchObject(expected);
    expect(await commands.json(['accounts', 'list'])).toContainEqual(expect.objectContaining(expected));
    const changed = await commands.json(['accounts', 'set', id, '--add', '5', '--limit', 'none', '--operator']);
    expect(changed).toMatchObject({
      balance_micros: 15_500_000,
      concurrent_tasks_max: null,
      is_operator: true,
      weight: 2,
    });
    const once = ['accounts', 'set', id, '--add', '2', '--idempotency-key', 'payment-7'];
    for (const balance of [17_500_000, 17_500_000]) {
      expect(await commands.json(once)).toMatchObject({ balance_micros: balance });
    }
    expect(await commands.run([...once, '--weight', '3'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('--idempotency-key payment-7 was used for another change'),
    });
  });

  it('refuses to change nothing, with the code of a wrong command line', async () => {
    const { exitCode, stderr } = await commands.run(['accounts', 'set', 'studio']);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/The command names no change\.\nName one/);
  });

  it('gives a name to one account only, however it comes by it', async () => {
    await newAccount('twin');
    const { id } = await newAccount('not a twin');
    for (const args of [
      ['accounts', 'create', 'twin'],
      ['accounts', 'set', id, '--name', 'twin'],
    ]) {
      const { exitCode, stderr } = await commands.run(args);
      expect([exitCode, stderr]).toEqual([1, expect.stringContaining('An account twin already exists.')]);
    }
    expect((await commands.run(['accounts', 'set', id, '--name', 'not a twin'])).exitCode).toBe(0);
    const names = (await commands.json<ShownAccount[]>(['accounts', 'list'])).map(({ name }) => name);
    expect(names.filter((name) => name === 'twin')).toHaveLength(1);
  });

  it('removes one for good with --yes, and refuses its keys from then on', async () => {
    const { id } = await newAccount('leaver');
    const { key } = await commands.json<{ key: string }>(['keys', 'create', 'leaver']);
    const asked = await commands.run(['accounts', 'delete', 'leaver']);
    expect([asked.exitCode, asked.stderr]).toEqual([2, expect.stringMatching(/1 valid keys .*\n.*--yes/)]);
    await commands.json(['accounts', 'delete', 'leaver', '--yes']);
    expect((await new RelayClient(relay.url, key).call('GET', '/v1/requests')).status).toBe(401);
    expect((await commands.run(['accounts', 'show', id])).exitCode).toBe(3);
  });
});

describe('relay keys', () => {
  it('makes a key that works, shows it only once, and revokes it for good', async () => {
    const { id: accountId } = await newAccount('with keys');
    const { key, id } = await commands.json<{ key: string; id: string }>(['keys', 'create', accountId]);
    const owner = new RelayClient(relay.url, key);
    expect((await owner.call('GET', '/v1/requests')).status).toBe(200);
    const listed = await commands.run(['keys', 'list', accountId]);
    expect(listed.stdout).toContain(id);
    expect(listed.stdout).not.toContain(key);
    expect(await commands.json(['keys', 'revoke', accountId, id])).toMatchObject({ id, account_id: accountId });
    expect((await owner.call('GET', '/v1/requests')).status).toBe(401);
  });

  it('does not print a whole key that was typed and does not exist', async () => {
    const { exitCode, stderr } = await commands.run(['keys', 'revoke', 'with keys', 'sk_nobody_has_this_key']);
    expect(exitCode).toBe(3);
    expect(stderr).not.toContain('nobody_has_this_key');
  });
});

describe('relay tasks', () => {
  interface Listed {
    readonly data: readonly { readonly id: string; readonly code: number | null }[];
  }

  it('lists and shows tasks of every account with their attempts', async () => {
    const id = await client.submit('simulator/5003.1402/on-the-command-line');
    await client.ended(id);
    const query = ['--status', 'failed', '--code', '1402', '--model', 'simulator/5003.1402/on-the-command-line'];
    const { data } = await commands.json<Listed>(['tasks', 'list', ...query]);
    expect(data).toMatchObject([{ id, code: 1402, attempts: [{ code: 5003 }, { code: 1402 }] }]);
    const shown = await commands.run(['tasks', 'show', id]);
    expect(shown.stdout).toMatch(/1 +failed +task +5003/);
  });

  it('finds tasks by a code on the way, the beginning of a model, time and order, and counts them', async () => {
    const first = await client.submit('simulator/5003.0/found-one');
    const second = await client.submit('simulator/5003.0/found-two');
    await client.ended(first);
    await client.ended(second);
    const list = ['tasks', 'list', '--model', 'simulator/5003.0/found-*', '--count'];
    const found = await commands.json<Listed>([...list, '--met', '5003', '--from', '1h', '--oldest']);
    expect(found).toMatchObject({ data: [{ id: first }, { id: second }], count: { tasks: 2, at_least: false } });
    expect((await commands.run([...list, '--limit', '1'])).stdout).toContain('2 tasks match.');
    for (const other of [
      ['--met', '429'],
      ['--to', '1h'],
      ['--correlation-id', 'of-none'],
      ['--provider-id', 'of-none'],
    ]) {
      expect(await commands.json([...list, ...other])).toMatchObject({ data: [], count: { tasks: 0 } });
    }
  });

  it('follows a task to its end', async () => {
    const id = await client.submit('simulator/5003.0/text-to-image');
    expect(await commands.json(['tasks', 'watch', id])).toMatchObject({ id, status: 'completed' });
  });

  it('puts a failed task back, and refuses one that has not failed', async () => {
    const id = await client.submit('simulator/1403.0/text-to-image');
    await client.ended(id);
    expect(await commands.json(['tasks', 'retry', id])).toMatchObject({ id, completed_at: null });
    expect((await client.ended(id)).status).toBe('completed');
    const { exitCode, stderr } = await commands.run(['tasks', 'retry', id]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('It is completed.');
  });

  it('cancels a running task, and reports that an ended one has ended', async () => {
    const id = await client.submit('simulator/never/text-to-image');
    await client.reached(id, ({ phase }) => phase === 'running');
    expect(await commands.json(['tasks', 'cancel', id])).toMatchObject({ status: 'cancelled' });
    expect((await commands.run(['tasks', 'cancel', id])).stderr).toContain('The task has already ended.');
  });

  it('ends with the code for not found when the task is unknown', async () => {
    const { exitCode, stderr } = await commands.run(['tasks', 'show', 'no-such-task', '--json']);
    expect(exitCode).toBe(3);
    expect(JSON.parse(stderr)).toMatchObject({ error: { message: 'There is no task no-such-task.' } });
  });
});

describe('relay gate', () => {
  it('lets nothing pass while it is paused, and everything that waited after', async () => {
    expect(await commands.json(['gate', 'pause'])).toMatchObject({
      operator_pause: { by: expect.any(String) as string },
    });
    const id = await client.submit('simulator/0/text-to-image');
    await client.reached(id, ({ phase }) => phase === 'waiting');
    expect(await commands.json(['gate', 'show'])).toMatchObject({ waiting: [{ tasks: 1 }] });
    expect(await commands.json(['gate', 'resume'])).toMatchObject({ operator_pause: null });
    expect((await client.ended(id)).status).toBe('completed');
  });

  it('counts its slots again, and has nothing to correct', async () => {
    const sound = { id: 'default', differences: [], repaired: false };
    expect(await commands.json(['gate', 'recount'])).toMatchObject(sound);
    expect(await commands.json(['gate', 'recount', '--repair'])).toMatchObject(sound);
  });
});

describe.skipIf(!isLocalTarget)('relay dead-letters (a deployed queue would take an hour)', () => {
  it('lists a message with its cause, and brings it back', async () => {
    const letters = deadLetterMaker(relay.dataDir);
    try {
      const id = await letters.make('this is no doorbell');
      const listed = await commands.json(['dead-letters', 'list', '--queue', 'dispatch']);
      expect(listed).toMatchObject([
        {
          queue: 'dispatch',
          message_id: id,
          body: 'this is no doorbell',
          cause: { name: 'RelayError', code: 'message-unreadable' },
        },
      ]);
      // Listing removes nothing.
      expect(await letters.count()).toBe(1);
      expect(await commands.json(['dead-letters', 'redrive'])).toMatchObject({ moved: { dispatch: 1 }, total: 1 });
      expect(await letters.count()).toBe(0);
    } finally {
      letters.close();
    }
  });
});

describe.skipIf(!isLocalTarget)('relay secret set on a local relay', () => {
  it('says that no key is stored there, and how to pass one', async () => {
    const { exitCode, stderr } = await commands.run(['secret', 'set'], 'sk_a_key_of_get3w');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('GET3W_API_KEY=');
  });
});

describe('a command line that is wrong', () => {
  it.each([
    [['tasks', 'list', '--status', 'lost'], /It must be one of queued, waiting/],
    [['tasks', 'list', '--from', 'yesterday'], /such as 15m, 2h/],
    [['tasks', 'list', '--model', '*'], /one \* at its end/],
    [['tasks', 'list', '--met', 'lost'], /an HTTP status, a task code/],
    [['tasks', 'list', '--limit', '1000'], /a whole number, from 1 to 100/],
    [['accounts', 'create', 'x', '--weight', 'heavy'], /a whole number, from 1 to 1000/],
    [['tasks', 'watch', 'x', '--timeout', 'soon'], /a time such as 30s, 10m, 2h or 90d/],
    [['tasks', 'forget', 'x'], /unknown command/],
    [['dead-letters', 'list', '--queue', 'sweep'], /one of dispatch, settle, deliver/],
  ])('%j is refused with code 2 and a correction', async (args, expected) => {
    const { exitCode, stderr } = await commands.run(args);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(expected);
  });

  it('says what to do when no relay exists', async () => {
    const { exitCode, stderr } = await relayCommands(['--data', 'no-such-directory']).run(['gate', 'show']);
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/npm start/);
  });
});
