// The time that the console's overview shows, in a real browser: presets, a time of the user's own, zoom by a drag and
// back, lines that are hidden, UTC, all of it in the address. The tests share one signed-in page.
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
const TASKS = 12;

describe.skipIf(!isLocalTarget)('the time that the overview shows', { timeout: 120_000 }, () => {
  let relay: RelayProcess;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    [relay, browser] = await Promise.all([startRelay(), openBrowser()]);
    const client = new RelayClient(relay.url, relay.apiKey);
    const submit = (steps: string) =>
      client.call('POST', `/v1/simulator/${steps}/text-to-image?sync=true`, { body: { prompt: 'x' } });
    await Promise.all(Array.from({ length: TASKS }, (_, index) => submit(index % 3 === 0 ? '5003.0' : '0')));
    page = await (await openContext(browser)).newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(`${relay.url}/console#key=${relay.apiKey}`);
  }, 120_000);
  afterAll(async () => {
    await browser.close();
    await relay.stop();
  });

  const eventually = <State>(read: () => State | Promise<State>) =>
    expect.poll(read, { timeout: PATIENCE_MS, interval: 50 });
  const query = () => new URL(page.url()).searchParams;
  const tile = (name: string) => page.locator('.tile').filter({ hasText: name }).locator('.tile-value');
  const time = () => page.getByLabel('Time shown');

  it('is chosen from presets, which the address and a reload keep', async () => {
    expect(await time().inputValue()).toBe('15 min');
    await time().selectOption('30 days');
    expect(query().get('range')).toBe('30 days');
    await eventually(() => tile('Tasks accepted').textContent()).toBe(String(TASKS));
    await time().selectOption('1 h');
    await page.reload();
    await eventually(() => time().inputValue()).toBe('1 h');
    await eventually(() => tile('Completed').textContent()).toBe(String(TASKS));
    await page.goBack();
    expect(query().get('range')).toBe('30 days');
    await time().selectOption('15 min');
    expect([...query().keys()]).toEqual([]);
  });

  it('has tiles that agree with its charts: shares of the same attempts, a percentile of all the time', async () => {
    await eventually(() => tile('Failed attempts').textContent()).toBe('25 %');
    const all = page.locator('.rates tbody tr').filter({ hasText: 'All codes' });
    expect((await all.locator('td').allTextContents()).map((text) => text.trim())).toEqual(['4', '25 %']);
    const code = page.locator('.rates tbody tr').filter({ hasText: '5003' });
    expect((await code.locator('td').allTextContents()).map((text) => text.trim())).toEqual(['4', '25 %']);
    const key = await page.evaluate<string>('Object.values(sessionStorage)[0]');
    const { from, to } = await page.evaluate<{ from: string; to: string }>(
      '({ from: new Date(Date.now() - 9e5).toISOString(), to: new Date().toISOString() })',
    );
    const asked = `name=EndToEndTime&statistic=p99&period=all&from=${from}&to=${to}`;
    const answer = await fetch(`${relay.url}/v1/monitoring/metrics?${asked}`, {
      headers: { authorization: `Bearer ${key}` },
    });
    const [series] = ((await answer.json()) as { series: { datapoints: { value: number }[] }[] }).series;
    expect(series?.datapoints).toHaveLength(1);
    const seconds = (series?.datapoints[0]?.value ?? 0) / 1_000;
    expect(await tile('99th percentile').textContent()).toBe(
      seconds < 1 ? `${Math.round(seconds * 1_000)} ms` : `${Number(seconds.toFixed(seconds < 10 ? 1 : 0))} s`,
    );
    await page.getByText('where AttemptsEnded is 20 or more').first().waitFor();
  });

  it('is zoomed into by a drag over a chart, and left by the browser’s back button', async () => {
    const over = page.locator('.u-over').first();
    const box = await over.boundingBox();
    if (!box) throw new Error('the chart has no box');
    const y = box.y + box.height / 2;
    await page.mouse.move(box.x + box.width * 0.5, y);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.75, y, { steps: 4 });
    await page.mouse.move(box.x + box.width, y, { steps: 4 });
    await page.mouse.up();
    await eventually(() => time().inputValue()).toBe('custom');
    const spanMs = Date.parse(query().get('to') ?? '') - Date.parse(query().get('from') ?? '');
    expect(spanMs).toBeGreaterThan(6 * 60_000);
    expect(spanMs).toBeLessThan(9 * 60_000);
    await eventually(() => page.locator('[aria-busy=true]').count()).toBe(0);
    expect(await tile('Failed attempts').textContent()).toBe('25 %');
    await takePicture(page, 'overview-zoomed-1280');
    await page.goBack();
    await eventually(() => time().inputValue()).toBe('15 min');
    expect([...query().keys()]).toEqual([]);
  });

  it('can be of the user’s own, and the dialog says what cannot be shown', async () => {
    const choose = async (from: string, to: string): Promise<void> => {
      await page.getByRole('dialog').getByLabel('From').fill(from);
      await page.getByRole('dialog').getByLabel('To').fill(to);
      await page.getByRole('dialog').getByRole('button', { name: 'Show it' }).click();
    };
    await time().selectOption('choose');
    await choose('2026-01-02T10:00:00', '2026-01-01T10:00:00');
    await page.getByRole('alert').getByText('The time must begin before it ends').waitFor();
    const day = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
    await choose(`${day}T00:00:00`, `${day}T02:00:00`);
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(query().get('from')).toBe(`${day}T00:00:00.000Z`);
    expect(query().get('to')).toBe(`${day}T02:00:00.000Z`);
    await page.locator('main').getByText('Nothing was measured in this time.').first().waitFor();
    await page.goto(`${relay.url}/console?range=never`);
    await page.getByRole('alert').getByText('There is no time “never” to show. Shown is the last 15 min.').waitFor();
    await page.goto(`${relay.url}/console`);
  });

  it('shows and hides a line, keeps that in the address, and names it for those who do not see', async () => {
    await page.locator('.u-over').first().waitFor();
    await page.getByRole('button', { name: /^accepted/ }).click();
    expect(query().get('hide')).toBe('accepted');
    await page.getByRole('button', { name: /^Line of 5003/ }).click();
    expect(query().get('hide')).toBe('accepted,task-5003');
    await page.reload();
    const accepted = page.getByRole('button', { name: /^accepted/ });
    await eventually(() => accepted.getAttribute('aria-pressed')).toBe('false');
    await accepted.click();
    expect(query().get('hide')).toBe('task-5003');
    await page.getByRole('button', { name: /^Line of 5003/ }).click();
    expect(query().has('hide')).toBe(false);
    await page.getByRole('radio', { name: 'Count' }).check({ force: true });
    expect(query().get('measure')).toBe('count');
    await page.getByRole('radio', { name: 'Share' }).check({ force: true });
  });

  it('is written in the browser’s own time or in UTC, in every view', async () => {
    const india = await (await browser.newContext({ timezoneId: 'Asia/Kolkata', locale: 'en-GB' })).newPage();
    await india.goto(`${relay.url}/console/tasks#key=${relay.apiKey}`);
    const title = () => india.locator('main time').first().getAttribute('title');
    const at = async () => Date.parse((await india.locator('main time').first().getAttribute('datetime')) ?? '');
    await india.locator('main time').first().waitFor();
    const clock = (ms: number) => new Date(ms).toISOString().slice(11, 19);
    expect(await title()).toContain(clock((await at()) + 5.5 * 3_600_000));
    const choice = india.getByLabel('Times are written in');
    expect(await choice.locator('option').allTextContents()).toEqual(['Local, UTC+5:30', 'UTC']);
    await choice.selectOption('utc');
    await eventually(async () => (await title())?.slice(-8)).toBe(clock(await at()));
    await india.reload();
    await india.locator('main time').first().waitFor();
    expect(await title()).toContain(clock(await at()));
    await india.context().close();
  });

  it.each([320, 768, 1280])('passes axe and never runs out of its width at %i px, light and dark', async (width) => {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await accessibilityFaults(page, 'colours')).toEqual([]);
    await page.emulateMedia({ colorScheme: 'light' });
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(await sidewaysPixels(page)).toBe(0);
    await page.setViewportSize({ width: width === 1280 ? 1440 : width, height: 900 });
    await takePicture(page, `overview-time-${width === 1280 ? 1440 : width}`);
  });

  it('of the failures is in the address, too', async () => {
    await page.goto(`${relay.url}/console/failures?span=week`);
    await page.getByRole('radio', { name: '7 days' }).waitFor();
    expect(await page.getByRole('radio', { name: '7 days' }).isChecked()).toBe(true);
    await page.getByRole('radio', { name: '1 h' }).check({ force: true });
    expect(query().get('span')).toBe('hour');
  });

  it('is shown without a complaint of the browser', () => {
    expect(complaints).toEqual([]);
  });
});
