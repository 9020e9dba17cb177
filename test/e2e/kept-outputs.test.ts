// The console's pictures of a task that keeps its outputs, in a real browser: they come from the relay's bucket, also when
// Get3W's copy is gone, and where there is no copy the page says why.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  accessibilityFaults,
  narrow,
  openBrowser,
  openContext,
  sidewaysPixels,
  wide,
} from '../support/console-browser.ts';
import { RelayClient } from '../support/relay-client.ts';
import { isLocalTarget, startRelay } from '../support/relay-process.ts';
import type { Browser, Page } from 'playwright-core';
import type { PublicKeptOutput } from '../../core/http/public-outputs.ts';
import type { PublicTask } from '../../core/http/public-task.ts';
import type { RelayProcess } from '../support/relay-process.ts';

const MODEL = 'google/nano-banana-pro/text-to-image';
const PATIENCE_MS = 40_000;
const WEEK_MS = 604_800_000;

describe.skipIf(!isLocalTarget)('the pictures of a task that keeps its outputs', () => {
  let relay: RelayProcess;
  let client: RelayClient;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    [relay, browser] = await Promise.all([startRelay(), openBrowser()]);
    client = new RelayClient(relay.url, relay.apiKey);
    page = await (await openContext(browser)).newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(`${relay.url}/console/tasks#key=${relay.apiKey}`);
    await page.getByRole('heading', { level: 1, name: 'Tasks' }).waitFor();
  });
  afterEach(() => setOutputsTtl(WEEK_MS));
  afterAll(async () => {
    await browser?.close();
    await relay?.stop();
  });

  /** Zero: Get3W's stand-in deletes outputs as soon as their task has ended. */
  async function setOutputsTtl(outputsTtlMs: number): Promise<void> {
    const answer = await fetch(`${relay.simulatorUrl}/_simulator/settings`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ outputsTtlMs }),
    });
    expect(answer.status).toBe(200);
  }

  async function outputOf(taskId: string, state: PublicKeptOutput['state']): Promise<PublicKeptOutput> {
    const read = async () => (await client.call<PublicTask>('GET', `/v1/requests/${taskId}`)).body.kept_outputs?.[0];
    await expect.poll(async () => (await read())?.state, { timeout: PATIENCE_MS, interval: 250 }).toBe(state);
    return (await read()) as PublicKeptOutput;
  }

  const open = async (taskId: string): Promise<void> => {
    await page.goto(`${relay.url}/console/tasks/${taskId}`);
    await page.getByRole('heading', { level: 2, name: 'Outputs' }).waitFor();
  };

  interface Picture {
    readonly naturalWidth: number;
    readonly src: string;
  }

  async function shownPicture(): Promise<Picture> {
    const picture = page.getByRole('img', { name: 'Output 1' });
    const read = () => picture.evaluate(({ naturalWidth, src }: Picture) => ({ naturalWidth, src }));
    await expect.poll(async () => (await read()).naturalWidth, { timeout: PATIENCE_MS }).toBeGreaterThan(0);
    return read();
  }

  async function expectNoFaults(): Promise<void> {
    for (const viewport of [narrow, wide]) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme: 'dark' });
      expect(await accessibilityFaults(page, 'colours')).toEqual([]);
      await page.emulateMedia({ colorScheme: 'light' });
      expect(await accessibilityFaults(page)).toEqual([]);
      expect(await sidewaysPixels(page)).toBe(0);
    }
  }

  it('are loaded from the bucket, and still when Get3W’s copy is gone', async () => {
    const id = await client.submit(MODEL, { query: '?keep=true' });
    const kept = await outputOf(id, 'kept');
    await open(id);
    const first = await shownPicture();
    expect(first.naturalWidth).toBe(kept.width);
    expect(new URL(first.src).origin).toBe(new URL(kept.url ?? '').origin);
    expect(new URL(first.src).pathname).toContain(kept.key);

    await setOutputsTtl(0);
    expect((await fetch(kept.source)).status).toBe(410);
    // A context of its own: nothing of the picture is in its cache.
    const other = await (await openContext(browser)).newPage();
    await other.goto(`${relay.url}/console/tasks/${id}#key=${relay.apiKey}`);
    const picture = other.getByRole('img', { name: 'Output 1' });
    const width = () => picture.evaluate(({ naturalWidth }: Picture) => naturalWidth);
    await expect.poll(width, { timeout: PATIENCE_MS }).toBe(kept.width);
    await other.context().close();
  });

  it('give way to the reason where an output is lost, and pass axe', async () => {
    await setOutputsTtl(0);
    const id = await client.submit(MODEL, { query: '?keep=true' });
    await outputOf(id, 'lost');
    await open(id);
    await page.getByText('Not kept: its server no longer had it').waitFor();
    await page.getByText('Output 1 is not a picture, or is gone').waitFor();
    await expectNoFaults();
  });

  it('come from Get3W where the task keeps none, and nothing is said of a copy', async () => {
    const id = await client.submit(MODEL);
    await client.ended(id);
    await open(id);
    expect(new URL((await shownPicture()).src).origin).toBe(relay.simulatorUrl);
    expect(await page.getByText(/^Not kept/).count()).toBe(0);
    // Nothing was thrown, and nothing refused by the content policy; a picture that is gone may be complained of.
    expect(complaints.filter((text) => !text.startsWith('Failed to load resource'))).toEqual([]);
  });
});
