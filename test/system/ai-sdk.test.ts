// The provider of packages/client with the real AI SDK against a started relay: images, a video waited for, polled,
// started and read later, or announced by a webhook; failures, repeats and aborts.
import {
  experimental_generateVideo as generateVideo,
  experimental_getVideoStatus as getVideoStatus,
  experimental_startVideo as startVideo,
  generateImage,
} from 'ai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRelay } from '../support/relay-process.ts';
import { until } from '../support/until.ts';
import { openWebhookInbox } from '../support/webhook-inbox.ts';
import { createRelayProvider } from '../../packages/client/source/ai-sdk.ts';
import { RelayClient } from '../../packages/client/source/relay-client.ts';
import { InvalidRequestError, TaskRefusedError } from '../../packages/client/source/relay-errors.ts';
import type { RelayProcess } from '../support/relay-process.ts';

let relay: RelayProcess;
let client: RelayClient;

beforeAll(async () => {
  relay = await startRelay();
  client = new RelayClient({ baseUrl: relay.url, apiKey: relay.apiKey });
});

afterAll(() => relay.stop());

/** The SDK's own download refuses addresses of this machine, where the simulator's outputs lie. */
async function download({ url }: { readonly url: URL }) {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  return { data: new Uint8Array(await response.arrayBuffer()), mediaType: 'video/mp4' };
}

async function tasksOf(model: string): Promise<readonly { readonly id: string; readonly status: string }[]> {
  const tasks: { readonly id: string; readonly status: string }[] = [];
  for await (const task of client.list({ model })) tasks.push(task);
  return tasks;
}

const pngStart = [0x89, 0x50, 0x4e, 0x47];

describe('images of the AI SDK over the relay', () => {
  it('are generated, with the parameters that the model gets and a warning for the others', async () => {
    const submitted: unknown[] = [];
    const recording = new RelayClient({
      baseUrl: relay.url,
      apiKey: relay.apiKey,
      fetch: (url, init) => {
        if (init?.method === 'POST' && typeof init.body === 'string') submitted.push(JSON.parse(init.body));
        return fetch(url, { signal: null, ...init });
      },
    });
    const model = createRelayProvider(recording).image('simulator/5003.0/text-to-image');
    const { image, warnings, calls } = await generateImage({
      model,
      prompt: 'a lighthouse',
      aspectRatio: '16:9',
      size: '512x512',
      providerOptions: { get3w: { channel: 'economy' } },
    });
    expect([...image.uint8Array.slice(0, 4)]).toEqual(pngStart);
    expect(warnings).toMatchObject([{ type: 'unsupported', feature: 'size' }]);
    // The first attempt failed with 5003: what the relay is for.
    expect(calls).toMatchObject([{ providerMetadata: { get3w: { attempts: 2 } } }]);
    expect(submitted).toEqual([{ prompt: 'a lighthouse', aspect_ratio: '16:9', channel: 'economy' }]);
  });

  it('are a task each', async () => {
    const model = createRelayProvider(client).image('simulator/0/text-to-image');
    const { images } = await generateImage({ model, prompt: 'a lighthouse', n: 3 });
    expect(images).toHaveLength(3);
    expect(await tasksOf(model.modelId)).toHaveLength(3);
  });

  it('end with the error of the task code, and are not tried again by the SDK', async () => {
    const model = createRelayProvider(client).image('simulator/1401/refused-image');
    await expect(generateImage({ model, prompt: 'x' })).rejects.toBeInstanceOf(TaskRefusedError);
    expect(await tasksOf(model.modelId)).toHaveLength(1);
  });

  it('are refused before anything is paid where the model would not see the picture that was given', async () => {
    const model = createRelayProvider(client).image('simulator/0/image-to-image');
    const prompt = { text: 'as a painting', images: [new Uint8Array(pngStart)] };
    await expect(generateImage({ model, prompt })).rejects.toBeInstanceOf(InvalidRequestError);
    expect(await tasksOf(model.modelId)).toEqual([]);
  });

  it('that their caller aborts are cancelled', async () => {
    const model = createRelayProvider(client).image('simulator/5003/aborted-image');
    const abort = new AbortController();
    const generated = generateImage({ model, prompt: 'x', abortSignal: abort.signal });
    const ended = expect(generated).rejects.toThrow('ended by the caller');
    // It fails each time, so it waits for its next attempt when the caller gives up.
    await until(async () => (await tasksOf(model.modelId)).length === 1);
    abort.abort();
    await ended;
    const [task] = await tasksOf(model.modelId);
    expect(task?.status).toBe('cancelled');
  });
});

describe('videos of the AI SDK over the relay', () => {
  it('are waited for and polled', async () => {
    const model = createRelayProvider(client).video('simulator/0/text-to-video');
    const waited = await generateVideo({ model, prompt: 'waves', duration: 5, download });
    expect(waited.video.mediaType).toBe('video/mp4');
    const polled = await generateVideo({ model, prompt: 'waves', poll: { intervalMs: 200 }, download });
    expect(polled.video.uint8Array.length).toBeGreaterThan(100);
  });

  it('are announced by a webhook', async () => {
    const inbox = await openWebhookInbox();
    const model = createRelayProvider(client).video('simulator/0/text-to-video');
    const received = async () => {
      await until(() => inbox.received('/hook').length > 0, 20_000);
      return { headers: {}, body: JSON.parse(inbox.received('/hook')[0]?.bodyText ?? '{}') as { status: string } };
    };
    const webhook = () => Promise.resolve({ url: `${inbox.url}/hook`, received: received() });
    const { video } = await generateVideo({ model, prompt: 'waves', webhook, download });
    expect(video.uint8Array.length).toBeGreaterThan(100);
    expect(inbox.received('/hook')).toHaveLength(1);
    await inbox.close();
  });

  it('are started by one process and read by another, and a repeated start makes no second task', async () => {
    const model = createRelayProvider(client).video('simulator/0/started-video');
    const headers = { 'Idempotency-Key': 'one-video' };
    const { operation } = await startVideo({ model, prompt: 'waves', headers });
    expect((await startVideo({ model, prompt: 'waves', headers })).operation).toEqual(operation);
    const kept: unknown = JSON.parse(JSON.stringify(operation));
    const later = createRelayProvider(client).video('simulator/0/started-video');
    await until(
      async () => (await getVideoStatus(later, { operation: kept as { id: string } })).status === 'completed',
      20_000,
    );
    expect(await tasksOf(model.modelId)).toHaveLength(1);
  });

  it('that fail say why', async () => {
    const model = createRelayProvider(client).video('simulator/1401/refused-video');
    const polled = generateVideo({ model, prompt: 'x', poll: { intervalMs: 200 }, download });
    await expect(polled).rejects.toThrow('Invalid Parameter');
  });
});
