// A real browser for tests of the console: Chromium as an npm package brings it, headless, offline but for this machine.
// The test decides which pages it opens and what it should see there.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import chromium from '@sparticuz/chromium';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium as driver } from 'playwright-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';

/** Made for a sandbox of one process; here they would make the browser end with its first tab, or see less than users do. */
const unwanted =
  /^--(single-process|no-zygote|disable-web-security|allow-running-insecure-content|disable-site-isolation)/;

export async function openBrowser(): Promise<Browser> {
  // Without WebGL: a graphics card played by the processor would take most of it.
  chromium.setGraphicsMode = false;
  return driver.launch({
    executablePath: await chromium.executablePath(),
    args: [
      ...chromium.args.filter((argument) => !unwanted.test(argument)),
      '--no-sandbox',
      '--disable-background-networking',
    ],
  });
}

export const wide = { width: 1280, height: 900 } as const;
export const narrow = { width: 360, height: 740 } as const;

/** A context without what tests must not depend on: motion, the machine's language, its colours. */
export function openContext(browser: Browser): Promise<BrowserContext> {
  return browser.newContext({ viewport: wide, colorScheme: 'light', reducedMotion: 'reduce', locale: 'en-GB' });
}

/**
 * What axe finds wrong with the current page, one line each; every view promises none.
 * @param part `colours`: only what may differ between light and dark, when the rest has been checked already.
 */
export async function accessibilityFaults(page: Page, part: 'all' | 'colours' = 'all'): Promise<readonly string[]> {
  // Legacy mode: without it each check opens a page of its own, for frames of other origins, of which this page has
  // none.
  const axe = new AxeBuilder({ page }).setLegacyMode(true).options({ resultTypes: ['violations'] });
  if (part === 'colours')
    axe.options({ resultTypes: ['violations'], runOnly: ['color-contrast', 'link-in-text-block'] });
  const { violations } = await axe.analyze();
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target, html }) => `${id}: ${target.join(' ')} ${html}`));
}

/** By how many pixels the page is wider than its window: to be scrolled sideways is to be unreadable. */
export function sidewaysPixels(page: Page): Promise<number> {
  return page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}

/**
 * Takes a picture of the page. The documentation's pictures are renewed when DOCS_IMAGES is set; otherwise they are
 * taken all the same, beside the caches, so that what makes them is tested.
 */
export async function takePicture(page: Page, name: string): Promise<void> {
  const root = join(import.meta.dirname, '..', '..');
  const isRenewing = process.env['DOCS_IMAGES'] !== undefined;
  const folder = isRenewing ? join(root, 'docs', 'images') : join(root, 'node_modules', '.cache', 'console-images');
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `console-${name}.png`), animations: 'disabled' });
}
