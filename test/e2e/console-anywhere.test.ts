// The console where people really open it: in a browser whose language `Intl` does not know, and in narrow windows, in
// which no view may have to be scrolled sideways.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser, openContext, sidewaysPixels } from '../support/console-browser.ts';
import { RelayClient } from '../support/relay-client.ts';
import { isLocalTarget, startRelay } from '../support/relay-process.ts';
import type { Browser } from 'playwright-core';
import type { RelayProcess } from '../support/relay-process.ts';

const PATIENCE_MS = 40_000;
const LONG_MODEL = 'simulator/5003.5003.0/a-task-with-a-name-that-is-rather-longer-than-most-of-them-are';

describe.skipIf(!isLocalTarget)('the console anywhere', () => {
  let relay: RelayProcess;
  let browser: Browser;
  let taskId: string;

  beforeAll(async () => {
    [relay, browser] = await Promise.all([startRelay(), openBrowser()]);
    const client = new RelayClient(relay.url, relay.apiKey);
    taskId = await client.submit(LONG_MODEL);
    await client.ended(taskId);
  });
  afterAll(async () => {
    await browser.close();
    await relay.stop();
  });

  it('starts in a locale that Intl refuses, and strikes the key out of the address', async () => {
    const context = await openContext(browser);
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    await page.addInitScript("Object.defineProperty(Navigator.prototype, 'language', { get: () => 'en-US@posix' })");
    await page.goto(`${relay.url}/console#key=${relay.apiKey}`);
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    expect(page.url()).toBe(`${relay.url}/console`);
    await context.close();
  });

  it.each([320, 360, 768])('has nothing to be scrolled sideways in a window of %i px', async (width) => {
    const context = await openContext(browser);
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    await page.setViewportSize({ width, height: 700 });
    await page.goto(`${relay.url}/console#key=${relay.apiKey}`);
    const wider: Record<string, number> = {};
    for (const path of ['', '/tasks', `/tasks/${taskId}`, '/alarms', '/gate', '/simulator', '/runbook']) {
      await page.goto(`${relay.url}/console${path}`);
      await page.getByRole('heading', { level: 1 }).first().waitFor();
      await page.waitForLoadState('networkidle');
      const pixels = await sidewaysPixels(page);
      if (pixels > 0) wider[path] = pixels;
    }
    expect(wider).toEqual({});
    await context.close();
  });
});
