// The frame of the console in a real browser: tabs that share the key, a user who is no operator, a relay that does not
// answer, the runbook inside the page, what is loaded when, and that no view runs out of 320 px.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  accessibilityFaults,
  openBrowser,
  openContext,
  sidewaysPixels,
  takePicture,
} from '../support/console-browser.ts';
import { isLocalTarget, startRelay } from '../support/relay-process.ts';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { RelayProcess } from '../support/relay-process.ts';

const PATIENCE_MS = 40_000;

describe.skipIf(!isLocalTarget)('the frame of the console', { timeout: 120_000 }, () => {
  let relay: RelayProcess;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    [relay, browser] = await Promise.all([startRelay(), openBrowser()]);
    context = await openContext(browser);
    page = await open(context);
  }, 120_000);
  afterAll(async () => {
    await browser.close();
    await relay.stop();
  });

  const open = async (within: BrowserContext): Promise<Page> => {
    const tab = await within.newPage();
    tab.setDefaultTimeout(PATIENCE_MS);
    return tab;
  };
  const heading = (tab: Page, name: string) => tab.getByRole('heading', { level: 1, name }).waitFor();
  const eventually = <State>(read: () => State | Promise<State>) =>
    expect.poll(read, { timeout: PATIENCE_MS, interval: 50 });

  it('shows the runbook without a key, finds words in it, and is read without script, too', async () => {
    await page.goto(`${relay.url}/console/runbook#gate-paused`);
    await heading(page, 'Runbook');
    await page.locator('h2:target').waitFor();
    expect(await page.locator('h2:target').getAttribute('id')).toBe('gate-paused');
    const all = await page.locator('.runbook-sections a').count();
    expect(all).toBeGreaterThan(40);
    await page.getByLabel('Search the runbook').fill('circuit probe');
    await page
      .getByRole('status')
      .getByText(/^\d+ sections? of/)
      .waitFor();
    const found = await page.locator('.runbook-sections a').count();
    expect(found).toBeGreaterThan(0);
    expect(found).toBeLessThan(all);
    expect(new URL(page.url()).searchParams.get('q')).toBe('circuit probe');
    expect(await page.locator('.prose h2:visible').count()).toBe(found);
    await page.getByLabel('Search the runbook').fill('xyzzy');
    await page.getByText('No section has these words.').waitFor();
    await page.getByLabel('Search the runbook').fill('');
    const plain = await (await fetch(`${relay.url}/console/runbook-plain`)).text();
    expect(plain).toContain('id="gate-paused"');
    expect(plain).not.toContain('<script');
  });

  it('loads what draws charts only with a chart', async () => {
    const loaded: string[] = [];
    page.on('request', (request) => loaded.push(new URL(request.url()).pathname));
    await page.goto(`${relay.url}/console/tasks#key=${relay.apiKey}`);
    await heading(page, 'Tasks');
    expect(loaded.filter((path) => path.includes('line-plot'))).toEqual([]);
    await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Overview' }).click();
    await page.locator('.u-over').first().waitFor();
    expect(loaded.filter((path) => path.includes('line-plot'))).toHaveLength(1);
    page.removeAllListeners('request');
  });

  it('gives a new tab the key of the first, and signs both out and in together', async () => {
    const other = await open(context);
    await other.goto(`${relay.url}/console/gate`);
    await heading(other, 'Gate');
    const kept = await other.evaluate('[Object.values(sessionStorage), Object.values(localStorage), document.cookie]');
    expect(kept).toEqual([[relay.apiKey], [], '']);
    await other.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('alert').getByText('You have signed out in another tab').waitFor();
    expect(await page.evaluate('[Object.values(sessionStorage), Object.values(localStorage)]')).toEqual([[], []]);
    await other.reload();
    await other.getByLabel('Key').fill(relay.apiKey);
    await other.getByRole('button', { name: 'Sign in' }).click();
    await heading(other, 'Gate');
    await heading(page, 'Overview');
    await other.close();
    // Another browser, or another profile, is nobody's tab.
    const stranger = await open(await openContext(browser));
    await stranger.goto(`${relay.url}/console`);
    await stranger.getByRole('button', { name: 'Sign in' }).waitFor();
    await stranger.context().close();
  });

  it('leads from an alarm to its section of the runbook, within the page', async () => {
    await page.evaluate('window.stays = true');
    await page.getByRole('link', { name: 'Runbook for Settle/FailureRate' }).first().click();
    await page.locator('h2#settle-failure-rate').waitFor();
    await page.locator('h2:target').waitFor();
    expect(new URL(page.url()).hash).toBe('#settle-failure-rate');
    expect(await page.evaluate('window.stays')).toBe(true);
    await page.goBack();
    await heading(page, 'Overview');
  });

  it('shows a user who is no operator what is his, and waits for nothing else', async () => {
    const user = await open(await openContext(browser));
    await user.goto(`${relay.url}/console#key=${relay.keys.limited}`);
    await user.getByText('Only an operator’s key shows this.').first().waitFor();
    const places = user.getByRole('navigation', { name: 'Views' }).getByRole('link');
    await eventually(() => places.allTextContents()).not.toContain('Gate');
    expect(await places.allTextContents()).toEqual(
      expect.arrayContaining(['Overview', 'Tasks', 'Failures', 'Webhooks']),
    );
    for (const path of ['', '/tasks', '/failures', '/webhooks', '/gate', '/alarms', '/dead-letters', '/audit']) {
      await user.goto(`${relay.url}/console${path}`);
      await user.getByRole('heading', { level: 1 }).waitFor();
      await eventually(() => user.locator('.freshness-loading').count()).toBe(0);
    }
    await user.context().close();
  });

  it('says that the relay does not answer, and goes on when it does', async () => {
    const lost = await open(context);
    await lost.route('**/v1/**', (route) => route.abort());
    await lost.goto(`${relay.url}/console/alarms`);
    await lost.getByRole('alert').getByText('The relay does not answer. Trying again.').first().waitFor();
    await lost.getByText('no answer').waitFor();
    await lost.unroute('**/v1/**');
    await lost.locator('.alarms').waitFor();
    expect(await lost.getByRole('alert').count()).toBe(0);
    await lost.close();
  });

  const views = [
    '',
    '/tasks',
    '/failures',
    '/webhooks',
    '/gate',
    '/alarms',
    '/dead-letters',
    '/audit',
    '/simulator',
    '/runbook',
    '/nowhere',
  ];

  it.each(views)('never runs out of 320 px at “%s”', async (path) => {
    await page.setViewportSize({ width: 320, height: 740 });
    await page.goto(`${relay.url}/console${path}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await eventually(() => page.locator('.freshness-loading').count()).toBe(0);
    expect(await sidewaysPixels(page)).toBe(0);
  });

  it('has room for its bar at every width', async () => {
    await page.goto(`${relay.url}/console/audit`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    for (const width of [360, 620, 900, 1_119, 1_121, 1_180, 1_240, 1_280, 1_340]) {
      await page.setViewportSize({ width, height: 740 });
      expect(await sidewaysPixels(page), `${width} px`).toBe(0);
    }
  });

  it.each([
    ['/runbook', 'runbook'],
    ['/alarms', 'alarm-list'],
  ])('passes axe at %s, at 320, 768 and 1280 px, light and dark', async (path, picture) => {
    await page.goto(`${relay.url}/console${path}`);
    await page
      .locator(path === '/runbook' ? '.prose h2' : '.alarms')
      .first()
      .waitFor();
    for (const width of [320, 768, 1280]) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme: 'dark' });
      expect(await accessibilityFaults(page, 'colours'), `${width} dark`).toEqual([]);
      await page.emulateMedia({ colorScheme: 'light' });
      expect(await accessibilityFaults(page), `${width} light`).toEqual([]);
      expect(await sidewaysPixels(page), `${width}`).toBe(0);
      if (width === 320) await takePicture(page, `${picture}-320`);
    }
    await page.setViewportSize({ width: 1440, height: 900 });
    await takePicture(page, `${picture}-1440`);
  });
});
