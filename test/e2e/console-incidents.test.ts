// Incidents from what the page shows first to their end, in the console alone and in a real browser: the key at Get3W is
// revoked; one account floods the relay. A dead model is in console-tasks.test.ts, a dead endpoint in
// console-webhooks.test.ts.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser, openContext, takePicture } from '../support/console-browser.ts';
import { incidentModels, simulate, submitMany, submitOne } from '../support/incidents.ts';
import { RelayClient } from '../support/relay-client.ts';
import { isLocalTarget, startRelay } from '../support/relay-process.ts';
import type { Browser, Page } from 'playwright-core';
import type { RelayProcess } from '../support/relay-process.ts';

const PATIENCE_MS = 30_000;
const FLOOD_COUNT = 60;

describe.skipIf(!isLocalTarget)('an incident in the console', { timeout: 180_000 }, () => {
  let relay: RelayProcess;
  let client: RelayClient;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    [relay, browser] = await Promise.all([startRelay(), openBrowser()]);
    client = new RelayClient(relay.url, relay.apiKey);
    page = await (await openContext(browser)).newPage();
    page.setDefaultTimeout(PATIENCE_MS);
  });
  afterAll(async () => {
    await browser.close();
    await relay.stop();
  });

  const main = () => page.locator('main');
  const dialog = () => page.getByRole('dialog');
  const go = (name: string) => page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name }).click();
  const statusOf = async (id: string): Promise<string> => (await client.get(id)).status;

  it('ends when the key at Get3W is right again and the gate is resumed', async () => {
    await simulate(relay, { faults: { 401: 1 } });
    const id = await submitOne(relay, incidentModels.plain);
    await page.goto(`${relay.url}/console#key=${relay.apiKey}`);
    await main().getByText('account refused').waitFor();
    await main()
      .getByText(/Get3W answers 401 for this account, so every task waits/)
      .waitFor();
    await takePicture(page, 'key-revoked');
    await main().getByRole('link', { name: 'Show the gate' }).click();
    await simulate(relay, { faults: {} });
    await main().getByRole('button', { name: 'Resume', exact: true }).click();
    await dialog().getByRole('button', { name: 'Resume the gate' }).click();
    await main().getByText('Tasks go to Get3W as slots become free.').waitFor();
    await expect.poll(() => statusOf(id), { timeout: PATIENCE_MS }).toBe('completed');
  });

  it('ends when the waiting tasks of the account that floods are cancelled, and no others', async () => {
    await simulate(relay, { concurrency: 5 });
    await submitMany(relay, incidentModels.slow, FLOOD_COUNT);
    await go('Gate');
    await main().getByRole('table').getByText(incidentModels.slow).first().waitFor();
    const account = await main().locator('.cell-account').first().getAttribute('title');
    const other = await submitOne(relay, incidentModels.quick, relay.keys.limited);
    await go('Tasks');
    await page.getByLabel('Account').fill(account ?? '');
    await page.getByLabel('Account').press('Enter');
    await page.getByLabel('State').selectOption('waiting');
    await main().getByText('All that match:').waitFor();
    await main().getByRole('button', { name: 'Cancel', exact: true }).click();
    await dialog()
      .getByRole('button', { name: /^Cancel \d+/ })
      .click();
    await dialog().getByText('The job has ended').waitFor();
    await takePicture(page, 'flood-cancelled');
    await dialog().getByRole('button', { name: 'Close' }).click();
    await main().getByText('No task matches.').waitFor();
    expect(await statusOf(other)).not.toBe('cancelled');
  });
});
