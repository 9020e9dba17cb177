// Many tasks in the console, in a real browser: a model dies and its 600 tasks are cancelled at once; a selection, the
// export, the keyboard. The tests share one page and go on where the one before left off.
import { readFile } from 'node:fs/promises';
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
import type { PublicTask } from '../../core/http/public-task.ts';
import type { RelayProcess } from '../support/relay-process.ts';

const PATIENCE_MS = 60_000;
const TASKS_COUNT = 600;
const AT_ONCE_COUNT = 20;
const deadModel = `simulator/${Array.from({ length: 9 }, () => '5003').join('.')}/text-to-image`;

interface TaskPage {
  readonly data: readonly PublicTask[];
  readonly next_cursor: string | null;
}

describe.skipIf(!isLocalTarget)('many tasks in the console', { timeout: 240_000 }, () => {
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
  const button = (name: string | RegExp) => main().getByRole('button', { name });
  const submit = (model: string) => client.call('POST', `/v1/${model}`, { body: { prompt: 'x' } });

  const submitMany = async (model: string, count: number): Promise<void> => {
    let left = count;
    const worker = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        await submit(model);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE_COUNT }, worker));
  };

  const pageOf = async (model: string, cursor: string): Promise<TaskPage> => {
    const path = `/v1/requests?limit=100&model=${encodeURIComponent(model)}`;
    return (await client.call<TaskPage>('GET', cursor === '' ? path : `${path}&cursor=${cursor}`)).body;
  };

  const phasesOf = async (model: string): Promise<Readonly<Record<string, number>>> => {
    const phases: Record<string, number> = {};
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: TaskPage = await pageOf(model, cursor);
      for (const { phase } of page.data) phases[phase] = (phases[phase] ?? 0) + 1;
      cursor = page.next_cursor;
    }
    return phases;
  };

  const expectNoFaults = async (name: string): Promise<void> => {
    for (const width of [320, 768, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      expect(await accessibilityFaults(page), `${name} at ${width} px`).toEqual([]);
      expect(await sidewaysPixels(page), `${name} at ${width} px`).toBe(0);
      await takePicture(page, `${name}-${width}`);
    }
  };

  it('shows the circuit of a model that has died, and leads to its tasks', async () => {
    await submitMany(deadModel, TASKS_COUNT);
    await page.goto(`${relay.url}/console/gate#key=${relay.apiKey}`);
    await main()
      .getByText(/^Nearly all tasks of/)
      .waitFor();
    await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Tasks' }).click();
    await page.getByLabel('Model').fill(deadModel);
    await page.getByLabel('Model').press('Enter');
    await main().getByText('All that match:').waitFor();
    await expect.poll(() => main().locator('.rows tbody tr').count(), { timeout: PATIENCE_MS }).toBe(25);
  });

  it('cancels all that match after it has said how many', async () => {
    await button('Cancel').click();
    await dialog()
      .getByText(/^It reaches \d+ tasks/)
      .waitFor();
    await dialog()
      .getByLabel(/^Reason/)
      .fill('the model is down');
    await takePicture(page, 'bulk-cancel');
    await dialog()
      .getByRole('button', { name: /^Cancel \d+/ })
      .click();
    await dialog().getByText('The job has ended').waitFor();
    await expectNoFaults('bulk-done');
    await dialog().getByRole('button', { name: 'Close' }).click();
    const phases = await phasesOf(deadModel);
    expect(Object.keys(phases).filter((phase) => !['cancelled', 'failed'].includes(phase))).toEqual([]);
    expect((phases['cancelled'] ?? 0) + (phases['failed'] ?? 0)).toBe(TASKS_COUNT);
    expect(phases['cancelled']).toBeGreaterThan(TASKS_COUNT / 2);
  });

  it('exports all that match, whole', async () => {
    await button('Export').click();
    const downloading = page.waitForEvent('download');
    await dialog().getByRole('button', { name: 'Export' }).click();
    const path = await (await downloading).path();
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\r\n');
    expect(lines).toHaveLength(TASKS_COUNT + 1);
    expect(new Set(lines.map((line) => line.split(',')[0])).size).toBe(TASKS_COUNT + 1);
  });

  it('holds the list, and is worked by keys alone', async () => {
    await page.goto(`${relay.url}/console/tasks#key=${relay.apiKey}`);
    await main().locator('.rows tbody tr').first().waitFor();
    await page.keyboard.press('p');
    await button(/^Go on/).waitFor();
    const first = await main().locator('.rows tbody tr').first().getAttribute('data-task');
    await submit('simulator/0/text-to-image');
    await page.keyboard.press('?');
    await dialog().getByText('next task').waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    await page.keyboard.press('x');
    await main().getByText('1 task selected:').waitFor();
    expect(await main().locator('.rows tbody tr').first().getAttribute('data-task')).toBe(first);
    await expectNoFaults('tasks-selected');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: /^Task …/ }).waitFor();
    expect(new URL(page.url()).pathname).toBe(`/console/tasks/${first}`);
  });

  it('retries the tasks that are selected and no others', async () => {
    for (let count = 0; count < 3; count += 1) {
      await client.call('POST', '/v1/simulator/1401.0/text-to-image?sync=true', { body: { prompt: 'x' } });
    }
    await page.goto(`${relay.url}/console/tasks?status=failed&model=simulator%2F1401.0%2Ftext-to-image`);
    await expect.poll(() => main().locator('.rows tbody tr').count(), { timeout: PATIENCE_MS }).toBe(3);
    const boxes = main().getByRole('checkbox', { name: /^Select task/ });
    await boxes.nth(0).check();
    await boxes.nth(1).check();
    await button('Retry').click();
    await dialog().getByRole('button', { name: 'Retry 2', exact: true }).click();
    await dialog().getByText('The job has ended').waitFor();
    await dialog().getByRole('button', { name: 'Close' }).click();
    await expect
      .poll(() => phasesOf('simulator/1401.0/text-to-image'), { timeout: PATIENCE_MS })
      .toEqual({
        completed: 2,
        failed: 1,
      });
  });

  it('finds the tasks that met a code, turns the list round and counts them; no job reaches more than is shown', async () => {
    await page.goto(`${relay.url}/console/tasks?model=simulator%2F*`);
    await main().getByText('More filters', { exact: true }).click();
    await page.getByLabel('Met on the way').selectOption('task-1401');
    await page.getByLabel('Order').selectOption('oldest');
    await main().getByText('More filters: 2 set').waitFor();
    const rows = main().locator('.rows tbody tr');
    await expect.poll(() => rows.count(), { timeout: PATIENCE_MS }).toBe(3);
    const shown = await rows.evaluateAll((each) => each.map((row) => row.getAttribute('data-task')));
    expect(shown).toEqual([...shown].sort());
    await button('Count').click();
    await main().getByText('3 in all').waitFor();
    await main().getByText('2 completed').waitFor();
    await expectNoFaults('tasks-found');
    await button('Retry').click();
    await dialog().getByText('It reaches 1 task, as of now.').waitFor();
    await dialog().getByRole('button', { name: 'Go back' }).click();
  });

  it('groups failures, and a group leads to its tasks', async () => {
    await page.goto(`${relay.url}/console/failures`);
    const group = main().locator('.rows tbody tr').filter({ hasText: 'simulator/1401.0/text-to-image' });
    await group.getByRole('img').waitFor();
    expect(await group.locator('td').nth(2).innerText()).toMatch(/^3 /);
    await expectNoFaults('failures');
    await group.getByRole('button', { name: /^Mute/ }).click();
    await dialog().getByLabel('Why, for those who see it').fill('the vendor is told');
    await dialog().getByRole('button', { name: 'Mute' }).click();
    await group.getByText('the vendor is told').waitFor();
    const last = main().locator('.rows tbody tr').last();
    expect(await last.innerText()).toContain('the vendor is told');
    await expectNoFaults('failures-muted');
    await group.getByRole('button', { name: /^Unmute/ }).click();
    await group.getByRole('button', { name: /^Mute/ }).waitFor();
    await group.getByRole('link', { name: /1401/ }).click();
    await main().getByText('More filters: 2 set').waitFor();
    await expect.poll(() => main().locator('.rows tbody tr').count(), { timeout: PATIENCE_MS }).toBe(3);
  });
});
