// A provider of the AI SDK (`ai` 7, provider interface v4) over the client: images by `generateImage`, videos by
// `experimental_generateVideo` and `experimental_startVideo`, with polls or a webhook. It imports only the interface's
// types, so a project without the SDK needs nothing of it. read-output.ts downloads images.
import { readOutput } from './read-output.ts';
import { AbortedError, InvalidRequestError, TaskFailedError } from './relay-errors.ts';
import type {
  Experimental_VideoModelV4 as VideoModelV4,
  Experimental_VideoModelV4CallOptions as VideoModelV4CallOptions,
  Experimental_VideoModelV4VideoData as VideoModelV4VideoData,
  ImageModelV4,
  ImageModelV4CallOptions,
  ImageModelV4Result,
  JSONValue,
  SharedV4Warning,
} from '@ai-sdk/provider';
import type { Task } from './api-messages.ts';
import type { RelayClient, SubmitOptions } from './relay-client.ts';

export interface RelayProviderOptions {
  /** From a task's submit to its end, in `generateImage` and in `generateVideo` without polls; an hour unless said. */
  readonly timeoutMs?: number;
  /** Downloads images in place of the global `fetch`. */
  readonly fetch?: typeof fetch;
}

export interface RelayProvider {
  /** @param modelId `vendor/model/task`. */
  image(modelId: string): ImageModelV4;
  /** @param modelId `vendor/model/task`. */
  video(modelId: string): VideoModelV4;
}

const PROVIDER = 'get3w';
const CANCEL_TIMEOUT_MS = 10_000;
/** Headers of the SDK itself; the second becomes the idempotency key of the submit. */
const ownHeaders = ['user-agent', 'idempotency-key'];

/** Models of the AI SDK whose tasks go through the relay; `providerOptions.get3w` reaches the model unchanged. */
export function createRelayProvider(client: RelayClient, options: RelayProviderOptions = {}): RelayProvider {
  return {
    image: (modelId) => imageModel(client, modelId, options),
    video: (modelId) => videoModel(client, modelId, options),
  };
}

function imageModel(client: RelayClient, modelId: string, options: RelayProviderOptions): ImageModelV4 {
  return {
    specificationVersion: 'v4',
    provider: PROVIDER,
    modelId,
    // A task is one call; the SDK makes as many as it needs.
    maxImagesPerCall: 1,
    doGenerate: async (call): Promise<ImageModelV4Result> => {
      const { input, warnings } = imageInput(call);
      const task = await run(client, { modelId, input, call, options });
      const urls = outputsOf(task);
      const images = await Promise.all(
        urls.map((url) => readOutput(url, { taskId: task.id, signal: call.abortSignal, fetch: options.fetch })),
      );
      return {
        images,
        warnings,
        providerMetadata: { [PROVIDER]: { images: urls.map((url) => ({ url })), ...metadataOf(task) } },
        response: responseOf(modelId),
      };
    },
  };
}

function videoModel(client: RelayClient, modelId: string, options: RelayProviderOptions): VideoModelV4 {
  return {
    specificationVersion: 'v4',
    provider: PROVIDER,
    modelId,
    maxVideosPerCall: 1,
    doGenerate: async (call) => {
      const { input, warnings } = videoInput(call);
      const task = await run(client, { modelId, input, call, options });
      const providerMetadata = { [PROVIDER]: metadataOf(task) };
      return { videos: videosOf(task), warnings, providerMetadata, response: responseOf(modelId) };
    },
    doStart: async ({ webhookUrl, ...call }) => {
      const { input, warnings } = videoInput(call);
      const webhook = webhookUrl === undefined ? {} : { webhook: webhookUrl };
      const { id } = await client.submit(modelId, input, { ...webhook, ...submitOptions(call) });
      return { operation: { id }, warnings, response: responseOf(modelId) };
    },
    doStatus: async ({ operation, abortSignal }) => {
      const task = await client.get(idOf(operation), { signal: abortSignal });
      const [response, providerMetadata] = [responseOf(modelId), { [PROVIDER]: metadataOf(task) }];
      if (task.status === 'completed') {
        return { status: 'completed', videos: videosOf(task), warnings: [], providerMetadata, response };
      }
      if (task.status === 'created' || task.status === 'processing') {
        return { status: 'pending', providerMetadata, response };
      }
      return { status: 'error', error: new TaskFailedError(task).message, providerMetadata, response };
    },
    handleWebhookOption: async ({ webhook }) => {
      const { url, received } = await webhook();
      return { webhookUrl: url, received };
    },
  };
}

/** Submits and waits. An aborted wait cancels the task, because its id is lost with the call: what has not begun costs nothing. */
async function run(
  client: RelayClient,
  {
    modelId,
    input,
    call,
    options,
  }: { modelId: string; input: Input['input']; call: Call; options: RelayProviderOptions },
): Promise<Task> {
  const { id } = await client.submit(modelId, input, submitOptions(call));
  try {
    return await client.wait(id, {
      signal: call.abortSignal,
      ...(options.timeoutMs !== undefined && { timeoutMs: options.timeoutMs }),
    });
  } catch (error) {
    // One that has ended by now refuses the cancel: the caller's abort is the answer all the same.
    if (error instanceof AbortedError) await client.cancel(id, { timeoutMs: CANCEL_TIMEOUT_MS }).catch(() => undefined);
    throw error;
  }
}

type Call = Pick<ImageModelV4CallOptions, 'abortSignal' | 'headers'>;

/** The SDK sends the same idempotency key with each try of one call, so a repeated submit makes no second task. */
function submitOptions({ abortSignal, headers = {} }: Call): SubmitOptions {
  const key = Object.entries(headers).find(([name]) => name.toLowerCase() === 'idempotency-key')?.[1];
  return { signal: abortSignal, ...(key !== undefined && { idempotencyKey: key }) };
}

interface Input {
  readonly input: Readonly<Record<string, unknown>>;
  readonly warnings: SharedV4Warning[];
}

function imageInput(call: ImageModelV4CallOptions): Input {
  const { prompt, size, aspectRatio, seed, files, mask, providerOptions, headers } = call;
  refuseMedia({ files, mask });
  return {
    input: given({ prompt, aspect_ratio: aspectRatio, seed, ...providerOptions[PROVIDER] }),
    warnings: [...unsupported({ size }), ...unsentHeaders(headers)],
  };
}

function videoInput(call: VideoModelV4CallOptions): Input {
  const { prompt, aspectRatio, duration, seed, fps, resolution, generateAudio, providerOptions, headers } = call;
  const { image, frameImages, inputReferences } = call;
  refuseMedia({ image, frameImages, inputReferences });
  return {
    input: given({ prompt, aspect_ratio: aspectRatio, duration, seed, ...providerOptions[PROVIDER] }),
    warnings: [...unsupported({ resolution, fps, generateAudio }), ...unsentHeaders(headers)],
  };
}

/**
 * Each model names its media inputs differently, and an output made without them would be paid for and of no use.
 * @throws InvalidRequestError before anything is submitted.
 */
function refuseMedia(inputs: Readonly<Record<string, unknown>>): void {
  const [name] = namesGiven(inputs);
  if (name === undefined) return;
  const details = `give ${name} as providerOptions.${PROVIDER} under the model's own name, as a URL or a data URI`;
  throw new InvalidRequestError('Invalid parameters', { code: 400, details });
}

/** Models name these differently too, but do without: the SDK shows the warning. */
function unsupported(features: Readonly<Record<string, unknown>>): SharedV4Warning[] {
  const details = `Models name it differently: give it as providerOptions.${PROVIDER} under the model's own name.`;
  return namesGiven(features).map((feature) => ({ type: 'unsupported', feature, details }));
}

function unsentHeaders(headers: Call['headers'] = {}): SharedV4Warning[] {
  const names = namesGiven(headers).filter((name) => !ownHeaders.includes(name.toLowerCase()));
  const details = 'The relay passes no headers on to the model.';
  return names.map((name) => ({ type: 'unsupported', feature: `header ${name}`, details }));
}

/** The names of what is there. */
function namesGiven(values: Readonly<Record<string, unknown>>): string[] {
  const present = Object.entries(values).filter(
    ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
  );
  return present.map(([name]) => name);
}

function given(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function outputsOf({ outputs }: Task): readonly string[] {
  return Array.isArray(outputs) ? outputs.filter((one): one is string => typeof one === 'string') : [];
}

function videosOf(task: Task): VideoModelV4VideoData[] {
  return outputsOf(task).map((url) => ({ type: 'url', url, mediaType: mediaTypeOf(url) }));
}

function mediaTypeOf(url: string): string {
  const extension = /\.(\w+)(?:[?#]|$)/.exec(url)?.[1]?.toLowerCase();
  if (extension === 'webm') return 'video/webm';
  return extension === 'mov' ? 'video/quicktime' : 'video/mp4';
}

function metadataOf({ id, attempts }: Task): { readonly requestId: string; readonly attempts: number } {
  return { requestId: id, attempts: Array.isArray(attempts) ? attempts.length : 0 };
}

function responseOf(modelId: string) {
  return { timestamp: new Date(), modelId, headers: undefined };
}

/** @throws InvalidRequestError for a reference that no `doStart` of this provider made. */
function idOf(operation: JSONValue): string {
  const id = typeof operation === 'object' && operation !== null && 'id' in operation ? operation['id'] : undefined;
  if (typeof id === 'string') return id;
  const details = 'the operation was not started by this provider';
  throw new InvalidRequestError('Invalid parameters', { code: 400, details });
}
