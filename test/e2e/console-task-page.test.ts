// One task in the console, in a real browser: what its client sent, whose it is, and how its log lines are found.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  accessibilityFaults,
  openBrowser,
  openContext,
  sidewaysPixels,
  takePicture,
} from '../support/console-browser.ts';
import { RelayClient } from '../support/relay-client.ts';
import { isLocalTarget, startRelay } from '../support/relay-process.ts';
import type { Browser, Page } from 'playwright-core';
import type { RelayProcess } from '../support/relay-process.ts';

const PATIENCE_MS = 40_000;

describe.skipIf(!isLocalTarget)('a task in the console', { timeout: 120_000 }, () => {
  let relay: RelayProcess;
  let browser: Browser;
  let page: Page;
  let id: string;

  beforeAll(async () => {
    [relay, browser] = await Promise.all([startRelay(), openBrowser()]);
    const client = new RelayClient(relay.url, relay.apiKey);
    const path = '/v1/simulator/5003.0/text-to-image?priority=90';
    id = (await client.call<{ id: string }>('POST', path, { body: { prompt: 'a lighthouse', seed: 7 } })).body.id;
    const context = await openContext(browser);
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    await page.goto(`${relay.url}/console/tasks/${id}#key=${relay.apiKey}`);
    await page.locator('main').getByText('Completed', { exact: true }).first().waitFor();
  });
  afterAll(async () => {
    await browser.close();
    await relay.stop();
  });

  const copied = async (what: string): Promise<string> => {
    await page.getByRole('button', { name: `Copy ${what}`, exact: true }).click();
    await page.getByText(`Copied ${what}`).waitFor();
    return page.evaluate<string>('navigator.clipboard.readText()');
  };

  it('has its client’s input and the API’s answer to copy, and says whose it is', async () => {
    expect(JSON.parse(await copied('the input'))).toEqual({ prompt: 'a lighthouse', seed: 7 });
    expect(JSON.parse(await copied('the task as JSON'))).toMatchObject({ id, status: 'completed' });
    const facts = page.locator('.facts');
    expect(await facts.textContent()).toContain('Priority1 min 30 s');
    expect(await facts.getByRole('link', { name: /^acc_/ }).getAttribute('href')).toMatch(/\/tasks\?account=acc_/);
  });

  it('says by which command its log lines are found', async () => {
    expect(await copied('the command')).toBe(`grep -h ${id} .relay/logs/*`);
  });

  it('passes axe and has its width from 320 px on', async () => {
    await page.getByText('Show the JSON').click();
    for (const width of [320, 768, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      expect(await accessibilityFaults(page), `${width} px`).toEqual([]);
      expect(await sidewaysPixels(page), `${width} px`).toBe(0);
      await takePicture(page, `task-page-${width}`);
    }
  });
});
