// The console in a real browser, against the local runtime. The tests share one signed-in page and go on where the one
// before left off. Faults are turned up half-way, and while their alarm gathers what it needs, axe checks every view.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  accessibilityFaults,
  narrow,
  openBrowser,
  openContext,
  sidewaysPixels,
  takePicture,
  wide,
} from '../support/console-browser.ts';
import { RelayClient } from '../support/relay-client.ts';
import { isLocalTarget, startRelay } from '../support/relay-process.ts';
import { openWebhookInbox } from '../support/webhook-inbox.ts';
import type { Browser, Page } from 'playwright-core';
import type { PublicTask } from '../../core/http/public-task.ts';
import type { RelayProcess } from '../support/relay-process.ts';
import type { WebhookInbox } from '../support/webhook-inbox.ts';

const FIRST_LOAD_BYTES_MAX = 150_000;
const ALARM_WITHIN_MS = 110_000;
/** It stays on until only one of six periods was bad. */
const ALARM_OVER_WITHIN_MS = 240_000;
/** A machine that does other work besides takes its time; one that does not is never waited for. */
const PATIENCE_MS = 40_000;

describe.skipIf(!isLocalTarget)('the console', () => {
  let relay: RelayProcess;
  let client: RelayClient;
  let inbox: WebhookInbox;
  let browser: Browser;
  let page: Page;
  /** What the browser itself complained of: blocked by the content policy, thrown, not found. */
  const complaints: string[] = [];
  const origins = new Set<string>();

  beforeAll(async () => {
    [relay, browser, inbox] = await Promise.all([startRelay(), openBrowser(), openWebhookInbox()]);
    client = new RelayClient(relay.url, relay.apiKey);
    page = await (await openContext(browser)).newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => origins.add(new URL(request.url()).origin));
  });
  afterAll(async () => {
    await browser.close();
    await Promise.all([relay.stop(), inbox.close()]);
  });

  const eventually = <State>(read: () => State | Promise<State>) =>
    expect.poll(read, { timeout: PATIENCE_MS, interval: 25 });
  const go = (name: string) => page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name }).click();
  const heading = (name: string | RegExp) => page.getByRole('heading', { level: 1, name }).waitFor();
  const confirm = (name: string) => page.getByRole('dialog').getByRole('button', { name, exact: true }).click();
  const button = (name: string) => page.locator('main').getByRole('button', { name, exact: true });
  const shown = (text: string | RegExp) => page.locator('main').getByText(text).first().waitFor();

  /** Moves a slider by keyboard, as a user without a mouse would. */
  const slide = async (tab: Page, name: string, presses: number): Promise<void> => {
    const slider = tab.getByRole('slider', { name, exact: true });
    await slider.focus();
    for (let press = 0; press < presses; press += 1) await slider.press('ArrowRight');
  };

  it('is loaded with less than 150 KB, all of it compressed and from the relay itself', async () => {
    const sizes: Promise<number>[] = [];
    page.on('requestfinished', (request) => {
      sizes.push(
        request.sizes().then(({ responseBodySize, responseHeadersSize }) => responseBodySize + responseHeadersSize),
      );
    });
    await page.goto(`${relay.url}/console`);
    await heading('Get3W Relay');
    const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    page.removeAllListeners('requestfinished');
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThan(FIRST_LOAD_BYTES_MAX);
    expect([...origins]).toEqual([relay.url]);
  });

  it('refuses a key that the relay does not know, in the relay’s words', async () => {
    await page.getByLabel('Key').fill(relay.keys.revoked);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('Invalid or revoked API key').waitFor();
    expect(complaints.splice(0)).toEqual([expect.stringContaining('401')]);
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await accessibilityFaults(page)).toEqual([]);
    }
  });

  it('keeps the key in this tab’s session storage and nowhere else', async () => {
    await page.getByLabel('Key').fill(relay.apiKey);
    await page.getByLabel('Key').press('Enter');
    await heading('Overview');
    const kept = await page.evaluate('[Object.values(sessionStorage), Object.values(localStorage), document.cookie]');
    expect(kept).toEqual([[relay.apiKey], [], '']);
  });

  it('takes the key of the link that the terminal prints and strikes it out of the address', async () => {
    const other = await (await openContext(browser)).newPage();
    await other.goto(`${relay.url}/console/tasks#key=${relay.apiKey}`);
    await other.getByRole('heading', { level: 1, name: 'Tasks' }).waitFor();
    expect(other.url()).toBe(`${relay.url}/console/tasks`);
    await other.context().close();
  });

  it('submits a task and shows how it fails, backs off and recovers, down to its picture', async () => {
    await go('Tasks');
    await button('Submit a task').click();
    await page.getByRole('dialog').getByLabel('Webhook').fill(`${inbox.url}/hook`);
    await confirm('Submit');
    await heading(/^Task …/);
    await shown('Attempt 3');
    const timeline = page.locator('.timeline');
    await timeline.getByText('Completed', { exact: true }).waitFor();
    const steps = await timeline.locator('.step-title').allTextContents();
    expect(steps.filter((title) => title.startsWith('Attempt'))).toEqual(['Attempt 1', 'Attempt 2', 'Attempt 3']);
    expect(await timeline.locator('.step-error .code').allTextContents()).toEqual(['5003', '429']);
    const picture = page.getByRole('img', { name: 'Output 1' });
    await eventually(() => picture.evaluate((image: { naturalWidth: number }) => image.naturalWidth)).toBeGreaterThan(
      0,
    );
  });

  it('shows the task’s webhook, and sends it again when asked twice', async () => {
    await shown('delivered');
    expect(inbox.received('/hook')).toHaveLength(1);
    await page.getByText('The relay accepted the task').waitFor({ state: 'hidden' });
    await takePicture(page, 'task');
    await button('Send again').click();
    await confirm('Send it again');
    await eventually(() => inbox.received('/hook').length).toBe(2);
    const [first, second] = inbox.received('/hook');
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
    await shown('Webhook, call 2');
  });

  it('leaves a dialog by Escape without doing anything, and gives the focus back', async () => {
    await button('Send again').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Send again');
    expect(inbox.received('/hook')).toHaveLength(2);
  });

  it('pauses the gate, so that tasks wait, and resumes it', async () => {
    await go('Gate');
    await button('Pause').click();
    await page.getByRole('dialog').getByLabel('For how long').selectOption('1 hour');
    await page
      .getByRole('dialog')
      .getByLabel(/^Reason/)
      .fill('the bill is looked into');
    expect(await accessibilityFaults(page)).toEqual([]);
    await confirm('Pause the gate');
    await shown('paused by an operator');
    await shown('the bill is looked into');
    await shown(/it goes on/);
    const { id } = (
      await client.call<{ id: string }>('POST', '/v1/simulator/0/text-to-image', { body: { prompt: 'held' } })
    ).body;
    await eventually(async () => (await client.get(id)).phase).toBe('waiting');
    await page.goto(`${relay.url}/console/tasks/${id}`);
    await shown('waiting');
    await shown(/^an operator paused all submits since/);
    // A user who sees only the overview must not miss that nothing is sent.
    await go('Overview');
    await shown('paused by an operator');
    await page.locator('main').getByRole('link', { name: 'Show the gate' }).click();
    await heading('Gate');
    await shown('paused by an operator');
    await page.locator('main').getByRole('table').first().waitFor();
    await button('Resume').click();
    await confirm('Resume the gate');
    await shown('Tasks go to Get3W as slots become free.');
    await eventually(async () => (await client.get(id)).status).toBe('completed');
  });

  it('cancels a running task, and puts back one that has failed', async () => {
    const never = await client.call<{ id: string }>('POST', '/v1/simulator/never/text-to-image', {
      body: { prompt: 'x' },
    });
    await page.goto(`${relay.url}/console/tasks/${never.body.id}`);
    await button('Cancel').click();
    await confirm('Cancel the task');
    await shown('Cancelled');

    const failing = await client.call<PublicTask>('POST', '/v1/simulator/1401.0/text-to-image?sync=true', {
      body: { prompt: 'x' },
    });
    expect(failing.body.status).toBe('failed');
    await page.goto(`${relay.url}/console/tasks/${failing.body.id}`);
    await shown('A retry would not help: the request is at fault.');
    await button('Retry').click();
    await confirm('Retry the task');
    await eventually(async () => (await client.get(failing.body.id)).status).toBe('completed');
    await shown('Completed');
  });

  it('finds tasks by state, code and model, and by id', async () => {
    await go('Tasks');
    await page.getByLabel('State').selectOption('cancelled');
    await eventually(() => page.locator('.rows .pill').allTextContents()).toEqual(['cancelled']);
    expect(page.url()).toBe(`${relay.url}/console/tasks?status=cancelled`);
    await page.getByLabel('State').selectOption('');
    await page.getByLabel('Model').fill('simulator/0/text-to-image');
    await page.getByLabel('Model').press('Enter');
    await eventually(() => page.locator('.cell-model').allTextContents()).toEqual(['simulator/0/text-to-image']);
    const name = await page.locator('.cell-id a').getAttribute('aria-label');
    await page.getByLabel('Task id').fill(name?.replace('Task ', '') ?? '');
    await page.getByLabel('Task id').press('Enter');
    await heading(/^Task …/);
  });

  it('shows a user without an operator’s key what the key allows', async () => {
    const other = await (await openContext(browser)).newPage();
    await other.goto(`${relay.url}/console/gate#key=${relay.keys.limited}`);
    await other.getByText('Only an operator’s key shows this.').waitFor();
    await other.getByRole('link', { name: 'Tasks', exact: true }).click();
    expect(await other.getByRole('button', { name: 'Submit a task' }).isEnabled()).toBe(true);
    await other.context().close();
  });

  let simulatorTab: Page | undefined;

  it('turns faults up and sends traffic, by keyboard', async () => {
    // In a tab of its own, which stays: traffic lasts as long as its page is open.
    const other = await page.context().newPage();
    simulatorTab = other;
    await other.goto(`${relay.url}/console/simulator#key=${relay.apiKey}`);
    await slide(other, '5003 Service Unavailable', 12);
    await eventually(async () => (await simulatorFaults())['5003']).toBe(0.6);
    await slide(other, 'Tasks a second from this page', 2);
    await other.getByText('2 a second').waitFor();
    await other.getByText(/tasks sent/).waitFor();
    await page.bringToFront();
  });

  const simulatorFaults = async (): Promise<Record<string, number>> => {
    const settings = await (await fetch(`${relay.simulatorUrl}/_simulator/settings`)).json();
    return (settings as { faults: Record<string, number> }).faults;
  };

  const views = [
    ['/', 'Overview'],
    ['/tasks', 'Tasks'],
    ['/failures', 'Failures'],
    ['/gate', 'Gate'],
    ['/alarms', 'Alarms'],
    ['/simulator', 'Simulator'],
    ['/runbook', /runbook/i],
    ['/nowhere', 'Not found'],
  ] as const;

  it.each(views)(
    'passes axe at %s, narrow and wide, light and dark, and never runs out of its width',
    async (path, title) => {
      await page.goto(`${relay.url}/console${path === '/' ? '' : path}`);
      await heading(title);
      await expectNoFaults();
    },
  );

  it('passes axe on a task and in its dialogs', async () => {
    await page.goto(`${relay.url}/console/tasks?model=${encodeURIComponent('simulator/5003.429.0/text-to-image')}`);
    await page.locator('.cell-id a').first().click();
    await shown('Completed');
    await expectNoFaults();
    await button('Send again').click();
    await page.getByRole('dialog').waitFor();
    await expectNoFaults();
    await page.keyboard.press('Escape');
  });

  const expectNoFaults = async (): Promise<void> => {
    for (const viewport of [narrow, wide]) {
      await page.setViewportSize(viewport);
      const where = `${page.url()} ${viewport.width} px`;
      await page.emulateMedia({ colorScheme: 'dark' });
      expect(await accessibilityFaults(page, 'colours'), `${where} dark`).toEqual([]);
      await page.emulateMedia({ colorScheme: 'light' });
      expect(await accessibilityFaults(page), `${where} light`).toEqual([]);
      expect(await sidewaysPixels(page), where).toBe(0);
    }
  };

  it(
    'shows the alarm that the faults bring on, and leads to its section of the runbook',
    { timeout: ALARM_WITHIN_MS },
    async () => {
      await go('Alarms');
      const alarm = page
        .locator('.alarm-alarm')
        .filter({ has: page.getByRole('heading', { name: /^Settle\/FailureRate/ }) });
      await alarm.waitFor({ timeout: ALARM_WITHIN_MS });
      expect(await page.title()).toMatch(/^\(\d+\) Alarms · Get3W Relay$/);
      await alarm.getByRole('button', { name: 'Acknowledge Settle/FailureRate' }).click();
      await page.getByRole('dialog').getByLabel('What you do').fill('Get3W is asked');
      await confirm('Acknowledge');
      await alarm.getByText('is at it, since').waitFor();
      await alarm.getByText('Get3W is asked').waitFor();
      await page.locator('.turns').getByRole('link', { name: 'Settle/FailureRate' }).first().waitFor();
      await expectNoFaults();
      await page.getByText('You have acknowledged').waitFor({ state: 'hidden' });
      await takePicture(page, 'alarms');
      await go('Overview');
      await page.locator('.strip').getByText('is at it, since').waitFor();
      await page.getByLabel('Time shown').selectOption('5 min');
      await page.locator('.rates').getByText('Service Unavailable').waitFor();
      await page.getByRole('heading', { name: /alarms? (is|are) on/i }).waitFor();
      const band = page.getByRole('region', { name: 'Alarms that were on' });
      await band.getByRole('link', { name: 'Settle/FailureRate' }).waitFor();
      expect(await band.getByRole('img').first().getAttribute('aria-label')).toMatch(/^on from /);
      await band.scrollIntoViewIfNeeded();
      await takePicture(page, 'alarm-band');
      await page.evaluate('scrollTo(0, 0)');
      await takePicture(page, 'overview');
      await page.emulateMedia({ colorScheme: 'dark' });
      await takePicture(page, 'overview-dark');
      await page.emulateMedia({ colorScheme: 'light' });
      await page.setViewportSize(narrow);
      await takePicture(page, 'overview-narrow');
      await page.setViewportSize(wide);
      await takeBusyPictures();
      await page.getByRole('link', { name: 'Runbook for Settle/FailureRate' }).first().click();
      const section = page.locator('h2:target');
      await section.waitFor();
      expect(new URL(page.url()).pathname + new URL(page.url()).hash).toBe('/console/runbook#settle-failure-rate');
      expect(await section.getAttribute('id')).toBe('settle-failure-rate');
    },
  );

  /** The views that show most while much is going on; returns to the overview. */
  const takeBusyPictures = async (): Promise<void> => {
    await go('Gate');
    await shown(/^Slots and queue/);
    await takePicture(page, 'gate');
    await go('Tasks');
    await page.locator('.rows').waitFor();
    await takePicture(page, 'tasks');
    await go('Overview');
  };

  it('shows the alarm as over when the fault is turned down again', { timeout: ALARM_OVER_WITHIN_MS }, async () => {
    await simulatorTab?.getByRole('slider', { name: '5003 Service Unavailable', exact: true }).press('Home');
    await eventually(async () => (await simulatorFaults())['5003'] ?? 0).toBe(0);
    await go('Alarms');
    const heading = page.getByRole('heading', { name: /^Settle\/FailureRate/ });
    await page.locator('.alarm-ok').filter({ has: heading }).waitFor({ timeout: ALARM_OVER_WITHIN_MS });
  });

  it('calls only the relay and the simulator’s pictures, and the browser reports no error', () => {
    expect([...origins].sort()).toEqual([relay.url, relay.simulatorUrl].sort());
    expect(complaints).toEqual([]);
  });
});
