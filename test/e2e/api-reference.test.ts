// The reference page of the API in a browser: every operation of the document, nothing from elsewhere, nothing that its
// content policy refuses, and a call to this relay with the reader's key.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openBrowser, openContext, sidewaysPixels } from '../support/console-browser.ts';
import { RelayClient } from '../support/relay-client.ts';
import { startRelay } from '../support/relay-process.ts';
import type { Browser, Page } from 'playwright-core';
import type { RelayProcess } from '../support/relay-process.ts';

const PATIENCE_MS = 40_000;
let relay: RelayProcess;
let browser: Browser;
let page: Page;
const foreign: string[] = [];
const faults: string[] = [];

beforeAll(async () => {
  [relay, browser] = await Promise.all([startRelay(), openBrowser()]);
  page = await (await openContext(browser)).newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  page.on('request', (request) => void (request.url().startsWith(relay.url) || foreign.push(request.url())));
  page.on('console', (message) => void (message.type() === 'error' && faults.push(message.text())));
  page.on('pageerror', (error) => void faults.push(error.message));
  await page.goto(`${relay.url}/console/api`);
  await page.locator('.opblock').first().waitFor();
});

afterAll(async () => {
  await browser.close();
  await relay.stop();
});

it('shows every operation of the document', async () => {
  const document = (await (await fetch(`${relay.url}/openapi.json`)).json()) as {
    readonly paths: Readonly<Record<string, object>>;
    readonly webhooks: Readonly<Record<string, object>>;
  };
  const methods = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options'];
  const operations = Object.values({ ...document.paths, ...document.webhooks }).flatMap((path) =>
    Object.keys(path).filter((name) => methods.includes(name)),
  );
  expect(operations.length).toBeGreaterThan(20);
  expect(await page.locator('.opblock').count()).toBe(operations.length);
});

it('calls this relay with the key that its reader enters', async () => {
  const id = await new RelayClient(relay.url, relay.apiKey).submit('simulator/0/text-to-image');
  await page.locator('.auth-wrapper .authorize').first().click();
  await page.locator('.auth-container input').first().fill(relay.apiKey);
  await page.locator('.auth-btn-wrapper .authorize').click();
  await page.locator('.auth-btn-wrapper .btn-done').click();
  const list = page.locator('#operations-Tasks-listTasks, [id$="-listTasks"]').first();
  await list.locator('.opblock-summary-control').click();
  await list.locator('button.execute').click();
  await list.locator('.live-responses-table .response-col_status', { hasText: '200' }).first().waitFor();
  expect(await list.locator('.live-responses-table').first().innerText()).toContain(id);
});

it('loads nothing from elsewhere, and does nothing that its content policy refuses', () => {
  expect(foreign).toEqual([]);
  expect(faults).toEqual([]);
});

it('is not wider than a telephone', async () => {
  await page.setViewportSize({ width: 360, height: 740 });
  expect(await sidewaysPixels(page)).toBe(0);
});
