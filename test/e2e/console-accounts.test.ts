// The console's view of accounts in a real browser: an on-call person finds an account, limits it, suspends and resumes it, and
// replaces a key, all in the page. The tests share the page and go on where the one before left off.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  accessibilityFaults,
  openBrowser,
  openContext,
  sidewaysPixels,
  takePicture,
} from '../support/console-browser.ts';
import { relayCommands } from '../support/relay-commands.ts';
import { RelayClient } from '../support/relay-client.ts';
import { isLocalTarget, startRelay } from '../support/relay-process.ts';
import type { Browser, Page } from 'playwright-core';
import type { RelayProcess } from '../support/relay-process.ts';

const PATIENCE_MS = 40_000;
const widths = [320, 768, 1280] as const;

describe.skipIf(!isLocalTarget)('the console’s accounts', { timeout: 120_000 }, () => {
  let relay: RelayProcess;
  let client: RelayClient;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    [relay, browser] = await Promise.all([startRelay(), openBrowser()]);
    const commands = relayCommands(relay.commandLineTarget);
    await commands.json(['accounts', 'create', 'studio', '--limit', '5', '--balance', '20']);
    const { key } = await commands.json<{ key: string }>(['keys', 'create', 'studio', '--name', 'ci']);
    client = new RelayClient(relay.url, key);
    page = await (await openContext(browser)).newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(`${relay.url}/console/accounts#key=${relay.apiKey}`);
  });
  afterAll(async () => {
    await browser.close();
    await relay.stop();
  });

  const main = () => page.locator('main');
  const button = (name: string | RegExp) => main().getByRole('button', { name });
  const dialog = () => page.getByRole('dialog');
  const confirm = (name: string) => dialog().getByRole('button', { name, exact: true }).click();
  const shown = (text: string | RegExp) => main().getByText(text).first().waitFor();

  const expectNoFaults = async (name: string): Promise<void> => {
    for (const width of widths) {
      await page.setViewportSize({ width, height: 900 });
      expect(await accessibilityFaults(page), `${name} at ${width} px`).toEqual([]);
      expect(await sidewaysPixels(page), `${name} at ${width} px`).toBe(0);
      await takePicture(page, `${name}-${width}`);
    }
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await accessibilityFaults(page, 'colours'), `${name} dark`).toEqual([]);
    await page.emulateMedia({ colorScheme: 'light' });
  };

  it('are found by name, with use against limits and money', async () => {
    await shown('studio');
    await main().getByLabel('Name').fill('nobody');
    await main().getByLabel('Name').press('Enter');
    await shown('No account has this in its name.');
    await main().getByLabel('Name').fill('STUD');
    await main().getByLabel('Name').press('Enter');
    await shown('0 of 5');
    await shown('$20.00 left');
    await expectNoFaults('accounts');
  });

  it('have limits that are edited, with the relay’s words for a wrong one', async () => {
    await main().getByRole('link', { name: 'studio' }).click();
    await button('Edit limits').click();
    await dialog().getByLabel('Webhook endpoints').fill('51');
    await confirm('Save');
    await dialog().getByText('endpoints must be a whole number, from 1 to 50, or null to remove it').waitFor();
    await dialog().getByLabel('Webhook endpoints').fill('7');
    await dialog().getByLabel('Add to the balance, dollars').fill('12.5');
    await dialog()
      .getByLabel(/^Reason/)
      .fill('renewed');
    // The change is made and its answer lost: saved again, it adds once.
    await page.route(
      '**/v1/accounts/*',
      async (route) => {
        await route.fetch();
        await route.abort();
      },
      { times: 1 },
    );
    await confirm('Save');
    await dialog().getByText('The relay does not answer').waitFor();
    complaints.splice(0);
    await confirm('Save');
    await shown('0 of 7');
    await shown('$32.50');
    await expectNoFaults('account');
  });

  it('are suspended and resumed, only when asked twice', async () => {
    await button('Suspend').click();
    await confirm('Go back');
    await button('Suspend').click();
    await confirm('Suspend it');
    await shown('suspended');
    expect((await client.call('GET', '/v1/account')).status).toBe(401);
    await button('Resume').click();
    await confirm('Resume it');
    await shown('active');
    expect((await client.call('GET', '/v1/account')).status).toBe(200);
  });

  it('have keys that are made, shown once and revoked', async () => {
    await button('Make a key').click();
    await confirm('Make it');
    const key = (await dialog().locator('code').first().textContent()) ?? '';
    expect(key).toMatch(/^sk_get3wrelay_/);
    await confirm('I have it');
    expect((await client.call('GET', '/v1/account', { key })).status).toBe(200);
    expect(await page.content()).not.toContain(key);
    await main()
      .getByRole('button', { name: `Revoke ${key.slice(0, 18)}` })
      .click();
    await confirm('Revoke it');
    await shown(/, revoked/);
    await shown(/:00, within the hour/);
    expect((await client.call('GET', '/v1/account', { key })).status).toBe(401);
  });

  it('have on the record what was changed of them, and why', async () => {
    await page.goto(`${relay.url}/console/audit?action=account.change`);
    await shown('endpoints 7, add $12.50 · renewed');
    await shown('unchanged');
    await expectNoFaults('account-audit');
  });

  it('are its own alone for a key that may not operate, with nothing to suspend', async () => {
    const other = await (await openContext(browser)).newPage();
    await other.goto(`${relay.url}/console/accounts#key=${client.key}`);
    await other.locator('main').getByText('studio').first().waitFor({ timeout: PATIENCE_MS });
    expect(await other.locator('main').getByRole('button', { name: 'Suspend' }).count()).toBe(0);
    await other.close();
  });

  it('let the browser complain of nothing but the refused limit', () => {
    expect(complaints.filter((text) => !text.includes('400'))).toEqual([]);
  });
});
