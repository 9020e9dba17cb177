// The incident "a dead letter comes back" in the console alone, from its alarm to its end, and the audit log that has it on
// the record. The tests share the page and go on where the one before left off.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  accessibilityFaults,
  openBrowser,
  openContext,
  sidewaysPixels,
  takePicture,
} from '../support/console-browser.ts';
import { deadLetterMaker } from '../support/dead-letters.ts';
import { RelayClient } from '../support/relay-client.ts';
import { isLocalTarget, startRelay } from '../support/relay-process.ts';
import type { Browser, Page } from 'playwright-core';
import type { RelayProcess } from '../support/relay-process.ts';

const PATIENCE_MS = 60_000;
const widths = [320, 768, 1280] as const;
const REASON = 'the deployment is rolled back';

describe.skipIf(!isLocalTarget)('a dead letter in the console', { timeout: 180_000 }, () => {
  let relay: RelayProcess;
  let client: RelayClient;
  let letters: ReturnType<typeof deadLetterMaker>;
  let browser: Browser;
  let page: Page;
  let taskId: string;
  const complaints: string[] = [];

  beforeAll(async () => {
    [relay, browser] = await Promise.all([startRelay(), openBrowser()]);
    client = new RelayClient(relay.url, relay.apiKey);
    letters = deadLetterMaker(relay.dataDir);
    page = await (await openContext(browser)).newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
  });
  afterAll(async () => {
    letters.close();
    await browser.close();
    await relay.stop();
  });

  const main = () => page.locator('main');
  const dialog = () => page.getByRole('dialog');
  const go = (name: string) => page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name }).click();
  const shown = (text: string | RegExp) => main().getByText(text).first().waitFor();

  const expectNoFaults = async (name: string): Promise<void> => {
    for (const width of widths) {
      await page.setViewportSize({ width, height: 900 });
      expect(await accessibilityFaults(page), `${name} at ${width} px`).toEqual([]);
      expect(await sidewaysPixels(page), `${name} at ${width} px`).toBe(0);
      if (width !== 1280) await takePicture(page, `${name}-${width}`);
      await page.emulateMedia({ colorScheme: 'dark' });
      expect(await accessibilityFaults(page, 'colours'), `${name} dark at ${width} px`).toEqual([]);
      await page.emulateMedia({ colorScheme: 'light' });
    }
  };

  it('leads from the alarm to the letter, with its cause and its task', async () => {
    taskId = (await client.call<{ id: string }>('POST', '/v1/simulator/0/text-to-image', { body: { prompt: 'x' } }))
      .body.id;
    await letters.make('this is no doorbell');
    await letters.lay(JSON.stringify({ kind: 'task', taskId, attempt: 1 }));
    await page.goto(`${relay.url}/console#key=${relay.apiKey}`);
    await main()
      .getByRole('link', { name: /^Show the dead letters: Dispatch\/DeadLetters/ })
      .click();
    await page.getByRole('heading', { level: 1, name: 'Dead letters' }).waitFor();
    await shown('dispatch: 2 dead letters');
    await shown('message-unreadable');
    await shown('this is no doorbell');
    await shown('No cause is on record');
    await expectNoFaults('dead-letters');
    await main().getByRole('link', { name: taskId }).click();
    await page.getByRole('heading', { level: 1, name: /^Task/ }).waitFor();
    await page.goBack();
    await shown('dispatch: 2 dead letters');
  });

  it('says what sending back does, and then there is none', async () => {
    await main().getByRole('button', { name: 'Send back those of dispatch' }).click();
    await dialog().getByText('Send 2 dead letters back?').waitFor();
    await dialog()
      .getByText(/One whose cause is still there fails again/)
      .waitFor();
    await dialog().getByText('message-unreadable').waitFor();
    await dialog()
      .getByLabel(/^Reason/)
      .fill(REASON);
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.setViewportSize({ width: 768, height: 900 });
    await takePicture(page, 'redrive-768');
    await dialog().getByRole('button', { name: 'Send back', exact: true }).click();
    await page.getByText('2 dead letters sent back').waitFor();
    await shown('There are no dead letters');
    expect(await letters.count()).toBe(0);
    expect((await client.get(taskId)).status).toBe('completed');
    await go('Alarms');
    await main()
      .locator('.alarm-ok')
      .filter({ has: page.getByRole('heading', { name: 'Dispatch/DeadLetters' }) })
      .waitFor();
  });

  it('is on the record: who, what, on what, why, and how it ended', async () => {
    await client.call('POST', '/v1/gate/resume');
    await go('Audit');
    await page.getByRole('heading', { level: 1, name: 'Audit log' }).waitFor();
    const rows = main().locator('.audit-rows tbody tr');
    await shown(REASON);
    await expect.poll(() => rows.count(), { timeout: PATIENCE_MS }).toBe(2);
    await expectNoFaults('audit');
    await main().getByLabel('Action').selectOption('dead-letters.redrive');
    await expect.poll(() => rows.count(), { timeout: PATIENCE_MS }).toBe(1);
    const text = (await rows.first().textContent()) ?? '';
    for (const part of ['dead-letters.redrive', 'dispatch', 'done', REASON]) expect(text).toContain(part);
    await main().getByLabel(/^From/).fill('2099-01-01T00:00:00');
    await main().getByLabel(/^From/).press('Enter');
    await shown('No entry matches.');
    expect(page.url()).toMatch(/\/audit\?action=dead-letters\.redrive&from=2099/);
    await page.goBack();
  });

  it('is nothing that a key without the right to operate sees', async () => {
    const other = await (await openContext(browser)).newPage();
    await other.goto(`${relay.url}/console/dead-letters#key=${relay.keys.limited}`);
    await other.locator('main').getByText('Only an operator’s key shows this.').waitFor();
    await other.context().close();
    expect(complaints).toEqual([]);
  });
});
