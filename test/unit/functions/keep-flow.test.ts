import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { applyEvent } from '../../../core/flows/apply-event.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { eraseTask } from '../../../core/flows/erase-task.ts';
import { keepOutputs } from '../../../core/flows/keep-outputs.ts';
import { performEffects } from '../../../core/flows/perform-effects.ts';
import { OutputBroken } from '../../../core/ports/output-ports.ts';
import { getFile, getOutput } from '../../../functions/api/kept-outputs.ts';
import { getTask } from '../../../functions/api/task-calls.ts';
import { serveDoorbells } from '../../../functions/keep/flow.ts';
import { sweep } from '../../../functions/sweep/flow.ts';
import { MemoryRelay } from '../../support/memory-relay.ts';
import { sampleTask } from '../../support/sample-task.ts';
import type { Account } from '../../../core/domain/account.ts';
import type { RelaySettings } from '../../../core/domain/settings.ts';
import type { KeepMode } from '../../../core/domain/media/keep-mode.ts';
import type { PublicTask } from '../../../core/http/public-task.ts';
import type { OpenResult } from '../../../core/ports/output-ports.ts';
import type { KeepPorts } from '../../../functions/keep/keep-ports.ts';

const account: Account = {
  id: sampleTask().accountId,
  name: 'a',
  weight: 1,
  isOperator: false,
  activeTasks: 0,
  createdAt: 0,
};
const png = Buffer.concat([
  Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x02\0\0\0\x03', 'latin1'),
  Buffer.alloc(70_000, 7),
]);
const sha256 = createHash('sha256').update(png).digest('hex');

function opened(content: Buffer | readonly Buffer[], contentType = 'image/png'): OpenResult {
  const chunks = Array.isArray(content) ? (content as readonly Buffer[]) : [content as Buffer];
  const stream = async function* (): AsyncGenerator<Buffer> {
    yield* chunks;
  };
  return { kind: 'opened', contentType, bytes: undefined, content: stream() };
}

/** Breaks off after the first bytes. */
function cut(): OpenResult {
  const stream = async function* (): AsyncGenerator<Buffer> {
    yield png.subarray(0, 40_000);
    await Promise.resolve();
    throw new OutputBroken('connection', 'cut');
  };
  return { kind: 'opened', contentType: 'image/png', bytes: png.length, content: stream() };
}

class KeepWorld {
  readonly relay: MemoryRelay;
  readonly objects = new Map<string, Buffer>();
  /** What the servers of outputs answer, in turn; the last one again and again. */
  readonly answers: (() => OpenResult)[] = [];
  readonly asked: string[] = [];
  /** Called before each object is put into the bucket. */
  onStore: () => Promise<void> = () => Promise.resolve();

  constructor(settings: Partial<RelaySettings> = {}) {
    this.relay = new MemoryRelay(settings);
  }

  readonly source: KeepPorts['source'] = {
    open: async (url) => {
      this.asked.push(url);
      const next = this.answers.length > 1 ? this.answers.shift() : this.answers[0];
      return next ? next() : opened(png);
    },
  };
  readonly bucket: KeepPorts['bucket'] = {
    store: async (key, _contentType, content) => {
      const chunks: Buffer[] = [];
      for await (const chunk of content) chunks.push(Buffer.from(chunk));
      await this.onStore();
      this.objects.set(key, Buffer.concat(chunks));
    },
    remove: async (key) => void this.objects.delete(key),
  };

  get ports(): KeepPorts {
    const { source, bucket } = this;
    return Object.assign({}, this.relay, { relayUrl: 'https://relay.example', source, bucket });
  }

  /** A task that completes now. */
  async complete(
    keep: KeepMode | undefined,
    outputs: readonly string[] = ['https://a.example/1.png'],
  ): Promise<string> {
    const attempt = {
      number: 1,
      state: 'running',
      startedAt: 0,
      callbackDigest: '',
      circuitProbe: false,
      accountProbe: false,
      rank: 1,
      polls: 0,
    } as const;
    const id = this.relay.randomSource.id();
    const slot = { kind: 'fresh', circuitProbe: false, accountProbe: false, rank: 1, grantedAt: 0 } as const;
    const task = sampleTask({
      id,
      status: 'running',
      attempts: [attempt],
      attemptCount: 1,
      slot,
      ...(keep && { keep }),
    });
    await this.relay.put(task);
    const outcome = { kind: 'succeeded', outputs } as const;
    const applied = await applyEvent(this.relay, id, { type: 'outcome-reported', attempt: 1, outcome });
    if (applied.kind !== 'changed') throw new Error(applied.kind);
    await performEffects(this.relay, applied.effects, applied.after);
    return id;
  }

  /** Serves one doorbell of keep about the task, as SQS would bring it. */
  async ring(taskId: string): Promise<void> {
    const failed = await serveDoorbells(this.ports, [{ messageId: '1', doorbell: { kind: 'keep', taskId } }]);
    if (failed[0]) throw failed[0].error;
  }

  async events(): Promise<readonly { readonly type: string; readonly data: Readonly<Record<string, unknown>> }[]> {
    const found = await this.relay.store.readEvents(account.id, { position: 0, id: '' }, 50);
    return found.map(({ event }) => event);
  }

  rung(): readonly string[] {
    return this.relay.doorbells.sent.map(({ queue, doorbell }) => `${queue} ${doorbell.kind}`);
  }
}

describe('keeping the outputs of a task', () => {
  it('puts each into the bucket with its hash, size and format, and tells it once', async () => {
    const world = new KeepWorld();
    const id = await world.complete('after-end', ['https://a.example/1.png', 'https://a.example/2.png']);
    expect(world.rung()).toEqual(expect.arrayContaining(['deliver event', 'keep keep']));
    await world.ring(id);
    await world.ring(id);

    expect([...world.objects.values()].map((object) => object.equals(png))).toEqual([true, true]);
    const shown = (await getTask(world.relay, account, id)).body as PublicTask;
    expect(shown.kept_outputs?.map(({ state }) => state)).toEqual(['kept', 'kept']);
    expect(shown.kept_outputs?.[0]).toMatchObject({
      bytes: png.length,
      sha256,
      content_type: 'image/png',
      width: 2,
      height: 3,
    });
    expect((await world.events()).map(({ type }) => type)).toEqual(['task.completed', 'task.outputs-kept']);
    expect(world.asked).toEqual(['https://a.example/1.png', 'https://a.example/2.png']);
  });

  it('costs a task that keeps nothing no row, no doorbell and no read', async () => {
    const world = new KeepWorld();
    const id = await world.complete(undefined);
    expect(world.rung()).not.toContain('keep keep');
    expect(await world.relay.store.loadKeepJob(id)).toBeUndefined();
    const relay = world.relay.withStore({});
    const strict = Object.assign(Object.create(MemoryRelay.prototype) as MemoryRelay, relay, { kept: undefined });
    expect((await getTask(strict, account, id)).body).not.toHaveProperty('kept_outputs');
  });

  it('tries again what broke off, from its beginning, and not before its time', async () => {
    const world = new KeepWorld();
    world.answers.push(
      cut,
      () => ({ kind: 'failed', cause: 'status' }),
      () => opened(png),
    );
    const id = await world.complete('after-end');
    await world.ring(id);
    expect(world.objects.size).toBe(0);
    await world.ring(id);
    for (let tries = 0; tries < 2; tries += 1) {
      await world.relay.clock.advance(60_000);
      await world.ring(id);
    }
    expect(world.asked).toHaveLength(3);
    expect([...world.objects.values()][0]?.equals(png)).toBe(true);
    expect((await world.relay.store.loadKeepJob(id))?.outputs).toMatchObject([{ state: 'kept', tries: 3, sha256 }]);
  });

  it.each([
    ['a page in place of an image', () => opened(Buffer.from('<!doctype html>')), 'not-media'],
    ['one larger than allowed', () => ({ ...opened(png), bytes: 3_000_000_000 }) as OpenResult, 'too-large'],
  ])('does not keep %s', async (_name, answer, cause) => {
    const world = new KeepWorld();
    world.answers.push(answer);
    const id = await world.complete('after-end');
    await world.ring(id);
    expect(world.objects.size).toBe(0);
    expect((await world.relay.store.loadKeepJob(id))?.outputs).toMatchObject([{ cause }]);
  });

  it('stops reading an output that is larger than it said', async () => {
    const world = new KeepWorld({ media: { ...defaultSettings.media, outputBytesMax: 100_000 } });
    world.answers.push(() => opened(Array.from({ length: 11 }, () => Buffer.alloc(10_000))));
    const id = await world.complete('after-end');
    await world.ring(id);
    expect((await world.relay.store.loadKeepJob(id))?.outputs).toMatchObject([{ state: 'lost', cause: 'too-large' }]);
    expect((await world.events()).at(-1)?.type).toBe('task.outputs-lost');
  });
});

describe('keeping the outputs of an old task', () => {
  const askAgain = async (world: KeepWorld, id: string) =>
    keepOutputs(Object.assign({}, world.relay, { kept: world.relay.store }), await world.relay.task(id));

  it('works for one that did not ask for it, and rings the keep stage', async () => {
    const world = new KeepWorld();
    const id = await world.complete(undefined);
    expect(await askAgain(world, id)).toEqual({ kind: 'asked', outputs: 1 });
    expect(world.rung()).toContain('keep keep');
    await world.ring(id);
    expect(((await getTask(world.relay, account, id)).body as PublicTask).kept_outputs).toMatchObject([{ sha256 }]);
    expect(await askAgain(world, id)).toEqual({ kind: 'kept' });
  });

  it('tries what was lost again, and tells of it once more', async () => {
    const world = new KeepWorld();
    world.answers.push(() => ({ ...opened(png), bytes: 3_000_000_000 }) as OpenResult);
    const id = await world.complete('after-end');
    await world.ring(id);
    world.answers.splice(0, 1, () => opened(png));
    expect(await askAgain(world, id)).toEqual({ kind: 'asked', outputs: 1 });
    await world.ring(id);
    const types = (await world.events()).map(({ type }) => type);
    expect(types).toEqual(['task.completed', 'task.outputs-lost', 'task.outputs-kept']);
  });

  it('leaves those alone that a run is fetching', async () => {
    const world = new KeepWorld();
    const stored = Promise.withResolvers<void>();
    world.onStore = () => stored.promise;
    const id = await world.complete('after-end');
    const running = world.ring(id);
    await expect.poll(() => world.asked.length).toBe(1);
    expect(await askAgain(world, id)).toEqual({ kind: 'under-way' });
    stored.resolve();
    await running;
    expect((await world.relay.store.loadKeepJob(id))?.outputs).toMatchObject([{ state: 'kept' }]);
  });

  it('is refused for a task without outputs', async () => {
    const world = new KeepWorld();
    expect(await askAgain(world, await world.complete(undefined, ['only text']))).toEqual({ kind: 'no-outputs' });
    const { id } = await world.relay.put(sampleTask());
    expect(await askAgain(world, id)).toEqual({ kind: 'not-completed' });
  });
});

describe('a run that dies', () => {
  it('is followed by another after its lease, which the sweep brings, and keeps what was saved', async () => {
    const world = new KeepWorld();
    const id = await world.complete('after-end', ['https://a.example/1.png', 'https://a.example/2.png']);
    const dies = new Promise<never>(() => {});
    world.answers.push(
      () => opened(png),
      () => ({ ...opened(png), content: { [Symbol.asyncIterator]: () => ({ next: () => dies }) } }) as OpenResult,
    );
    void world.ring(id);
    await expect.poll(() => world.asked.length).toBe(2);
    await world.ring(id);
    expect(world.asked).toHaveLength(2);

    world.answers.splice(0, 2, () => opened(png));
    await world.relay.clock.advance(321_000);
    await sweep(Object.assign({}, world.relay, { due: world.relay.store }), world.relay.clock.now() + 60_000);
    expect(world.rung().filter((bell) => bell === 'keep keep').length).toBeGreaterThan(1);
    await world.ring(id);
    expect(world.asked.slice(2)).toEqual(['https://a.example/2.png']);
    expect((await world.events()).map(({ type }) => type)).toEqual(['task.completed', 'task.outputs-kept']);
  });
});

describe('outputs whose keeping never begins', () => {
  it('have their age reported by the sweep, and no longer once they are kept', async () => {
    const world = new KeepWorld();
    const id = await world.complete('after-end');
    const sweepNow = () =>
      sweep(Object.assign({}, world.relay, { due: world.relay.store }), world.relay.clock.now() + 60_000);
    const ages = () => world.relay.lines.flatMap(({ values }) => values['OldestUnkept'] ?? []);
    await sweepNow();
    expect(ages()).toEqual([]);
    await world.relay.clock.advance(3_600_000);
    await sweepNow();
    expect(ages()).toEqual([3_600]);
    await world.ring(id);
    await world.relay.clock.advance(3_600_000);
    await sweepNow();
    expect(ages()).toEqual([3_600]);
  });
});

describe('keep=before-webhook', () => {
  it('holds the event of the end until the outputs are kept, and puts them in', async () => {
    const world = new KeepWorld();
    const id = await world.complete('before-webhook');
    expect(await world.events()).toEqual([]);
    expect(((await getTask(world.relay, account, id)).body as PublicTask).status).toBe('completed');
    await world.ring(id);
    const [event, ...others] = await world.events();
    expect(others).toEqual([]);
    expect(event).toMatchObject({ type: 'task.completed', data: { id, kept_outputs: [{ state: 'kept', sha256 }] } });
  });

  it('lets the event go after ten minutes, with the failure in it', async () => {
    const world = new KeepWorld();
    world.answers.push(() => ({ kind: 'failed', cause: 'status' }));
    const id = await world.complete('before-webhook');
    await world.ring(id);
    await world.relay.clock.advance(599_000);
    await world.ring(id);
    expect(await world.events()).toEqual([]);
    await world.relay.clock.advance(61_000);
    await world.ring(id);
    expect(await world.events()).toMatchObject([
      { data: { kept_outputs: [{ state: 'pending', cause: 'status', url: null }] } },
    ]);
    world.answers.splice(0, 1, () => opened(png));
    await world.relay.clock.advance(3_600_000);
    await world.ring(id);
    expect((await world.events()).map(({ type }) => type)).toEqual(['task.completed', 'task.outputs-kept']);
  });

  it('holds nothing for a task without addresses in its outputs', async () => {
    const world = new KeepWorld();
    await world.complete('before-webhook', ['only text']);
    expect((await world.events()).map(({ type }) => type)).toEqual(['task.completed']);
  });
});

describe('a kept output', () => {
  it('is reached by its number and by its address in an event, and by no other address', async () => {
    const world = new KeepWorld();
    const id = await world.complete('after-end');
    await expect(getOutput(world.relay, account, id, '0')).rejects.toMatchObject({ status: 404 });
    await world.ring(id);
    const { headers } = await getOutput(world.relay, account, id, '0');
    expect(headers?.['location']).toMatch(/^https:\/\/bucket\.example\/outputs\//);
    await expect(getOutput(world.relay, account, id, '1')).rejects.toMatchObject({ status: 404 });
    await expect(getOutput(world.relay, { ...account, id: 'acc_other' }, id, '0')).rejects.toMatchObject({
      status: 404,
    });

    const [kept] = (await world.events()).at(-1)?.data['kept_outputs'] as readonly { readonly url: string }[];
    const token = kept?.url.split('/files/')[1] ?? '';
    expect((await getFile(world.relay, token)).status).toBe(302);
    const guess = `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`;
    await expect(getFile(world.relay, guess)).rejects.toMatchObject({ status: 404 });
  });
});

describe('erasing a task that has kept outputs', () => {
  const erase = async (world: KeepWorld, id: string) => {
    const { store } = world.relay;
    for (const { event, position, isClosed } of await store.readEvents(account.id, { position: 0, id: '' }, 9)) {
      if (!isClosed) await store.closeEvent({ event, position });
    }
    await applyEvent(world.relay, id, { type: 'end-handed-on', end: 1 });
    await world.relay.clock.advance(11_000);
    const ports = Object.assign({}, world.relay, { webhooks: store, spend: store, erasures: store });
    return eraseTask(ports, await world.relay.task(id));
  };

  it('deletes them from the bucket, and the events that name them', async () => {
    const world = new KeepWorld();
    const id = await world.complete('after-end');
    await world.ring(id);
    expect(await erase(world, id)).toMatchObject({ kind: 'erased' });
    expect(await world.events()).toEqual([]);
    await sweep(Object.assign({}, world.relay, { due: world.relay.store }), world.relay.clock.now() + 60_000);
    await world.ring(id);
    expect(world.objects.size).toBe(0);
    expect(await world.relay.store.loadKeepJob(id)).toBeUndefined();
  });

  it('waits for a run that is at work, which could put one there afterwards', async () => {
    const world = new KeepWorld();
    const id = await world.complete('after-end');
    const erased = Promise.withResolvers<void>();
    world.onStore = () => erased.promise;
    const running = world.ring(id);
    await expect.poll(() => world.asked.length).toBe(1);
    expect(await erase(world, id)).toMatchObject({ kind: 'erased' });
    await world.ring(id);
    erased.resolve();
    await running;
    expect(world.objects.size).toBe(1);
    await world.relay.clock.advance(321_000);
    await world.ring(id);
    expect(world.objects.size).toBe(0);
    expect(await world.relay.store.loadKeepJob(id)).toBeUndefined();
  });

  it('is refused while the end is held', async () => {
    const world = new KeepWorld();
    const id = await world.complete('before-webhook');
    expect(await erase(world, id)).toEqual({ kind: 'under-way' });
  });
});
