// The console's view of webhook endpoints in a real browser: one is added, fails, is understood, mended, recovered, and
// removed, all in the page. The tests share the page and go on where the one before left off.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  accessibilityFaults,
  openBrowser,
  openContext,
  sidewaysPixels,
  takePicture,
} from '../support/console-browser.ts';
import { openMoodyReceiver } from '../support/moody-receiver.ts';
import { RelayClient } from '../support/relay-client.ts';
import { isLocalTarget, startRelay } from '../support/relay-process.ts';
import type { Browser, Page } from 'playwright-core';
import type { MoodyReceiver } from '../support/moody-receiver.ts';
import type { RelayProcess } from '../support/relay-process.ts';

const PATIENCE_MS = 40_000;
const widths = [320, 768, 1440] as const;

describe.skipIf(!isLocalTarget)('the console’s webhooks', { timeout: 120_000 }, () => {
  let relay: RelayProcess;
  let client: RelayClient;
  let receiver: MoodyReceiver;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    [relay, browser, receiver] = await Promise.all([
      startRelay(),
      openBrowser(),
      openMoodyReceiver(500, 'the database is down'),
    ]);
    client = new RelayClient(relay.url, relay.apiKey);
    page = await (await openContext(browser)).newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(`${relay.url}/console/webhooks#key=${relay.apiKey}`);
  });
  afterAll(async () => {
    await browser.close();
    await Promise.all([relay.stop(), receiver.close()]);
  });

  const main = () => page.locator('main');
  const button = (name: string) => main().getByRole('button', { name, exact: true });
  const dialog = () => page.getByRole('dialog');
  const confirm = (name: string) => dialog().getByRole('button', { name, exact: true }).click();
  const shown = (text: string | RegExp) => main().getByText(text).first().waitFor();
  const eventually = <State>(read: () => State | Promise<State>) =>
    expect.poll(read, { timeout: PATIENCE_MS, interval: 50 });
  const submit = async (): Promise<string> =>
    (await client.call<{ id: string }>('POST', '/v1/simulator/0/text-to-image', { body: { prompt: 'x' } })).body.id;

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

  it('add an endpoint and show its secret this once', async () => {
    await shown('No endpoint yet.');
    await button('Add an endpoint').click();
    await dialog().getByLabel('Address').fill('ftp://127.0.0.1/nobody');
    await confirm('Add');
    await dialog().getByRole('alert').waitFor();
    await dialog().getByLabel('Address').fill(`${receiver.url}/hook`);
    await dialog().getByLabel('Description (optional)').fill('the shop');
    await confirm('Add');
    const secret = await dialog().locator('code').first().textContent();
    expect(secret).toMatch(/^whsec_/);
    await confirm('I have it');
    await page.getByRole('heading', { level: 1, name: /^Endpoint …/ }).waitFor();
    await shown('delivering');
    expect(await page.content()).not.toContain(secret);
  });

  it('show what the receiver answered to each call, and when the next one is', async () => {
    await submit();
    await main().locator('.delivery-list summary').first().click();
    await shown('the database is down');
    await shown('answered 500');
    await shown(/next call|paused/);
    expect(await main().locator('.delivery-attempt').first().textContent()).toMatch(/took \d/);
  });

  it('say that the endpoint fails, why its deliveries wait and when they go on', async () => {
    // Calls that fail in a row, of any delivery, make the relay pause.
    for (let count = 0; count < 6; count += 1) await submit();
    await shown(/^Every call has failed for .*no call to it until/);
    await shown(/^its receiver is paused until .*, because .* failed.*; it goes on in /);
    await expectNoFaults('endpoint');
    await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Webhooks' }).click();
    await shown('paused');
    await shown(/failing for/);
    await expectNoFaults('webhooks');
  });

  it('find a receiver that verifies nothing by the self-test', async () => {
    receiver.answer(200);
    await main()
      .getByRole('link', { name: `${receiver.url}/hook` })
      .click();
    await button('Test').click();
    await confirm('Send the test');
    await shown('failed');
    await shown(/Verify the signature over the raw body/);
    expect(await main().locator('.test-calls li').count()).toBe(4);
  });

  it('recover what the endpoint has missed', async () => {
    const missed = new Set(receiver.webhookIds(500));
    await button('Recover').click();
    await confirm('Recover');
    await page.getByText(/\d+ deliver(y|ies) recovered/).waitFor();
    await eventually(() => [...missed].filter((id) => !receiver.webhookIds(200).includes(id))).toEqual([]);
    await shown('delivering');
    await main().getByText('Delivered', { exact: true }).click();
    await eventually(() => main().locator('.delivery-list .pill-good').count()).toBeGreaterThan(0);
    expect(new URL(page.url()).searchParams.get('status')).toBe('delivered');
  });

  it('send one delivery again', async () => {
    const before = receiver.webhookIds(200).length;
    await main().locator('.delivery-list summary').first().click();
    await button('Send again').first().click();
    await confirm('Send it again');
    await eventually(() => receiver.webhookIds(200).length).toBe(before + 1);
  });

  it('change it, rotate its secret, disable and enable it', async () => {
    await button('Edit').click();
    await dialog()
      .getByLabel(/^Calls a second/)
      .fill('5');
    await confirm('Save');
    await shown('5/s');
    await button('Rotate the secret').click();
    await confirm('Make a new secret');
    await dialog().getByText('The old secret signs beside the new one until').waitFor();
    await confirm('I have it');
    await shown(/the old one signs too/);
    await button('Disable').click();
    await confirm('Disable it');
    await shown(/^Disabled since .*its owner disabled it/);
    expect(await button('Disable').count()).toBe(0);
    await button('Enable').click();
    await confirm('Enable it');
    await shown('delivering');
  });

  it('delete it only when asked twice', async () => {
    await button('Delete').click();
    await confirm('Go back');
    await shown('delivering');
    await button('Delete').click();
    await confirm('Delete it');
    await page.getByText('The endpoint is deleted').waitFor();
    await shown('No endpoint yet.');
    expect(new URL(page.url()).pathname).toBe('/console/webhooks');
  });

  it('let the browser complain of nothing but the refused address', () => {
    expect(complaints.filter((text) => !text.includes('400'))).toEqual([]);
  });
});
