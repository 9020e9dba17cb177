// What a person at the terminal sees of the alarms of a local relay: which lines are warnings, and where they lead.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startAlarms } from '../../../local/cloudwatch/alarms/start-alarms.ts';
import { MetricStore } from '../../../local/cloudwatch/metrics/metric-store.ts';
import { ALARM_TOPIC, sampleAlarm } from '../../support/sample-alarm.ts';
import type { RunningAlarms } from '../../../local/cloudwatch/alarms/start-alarms.ts';

const MINUTE_MS = 60_000;
const RUNBOOK_URL = 'http://127.0.0.1:4300/console/runbook';

let running: RunningAlarms | undefined;

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) });
});

afterEach(() => {
  running?.stop();
  vi.useRealTimers();
});

/** A relay with one alarm on failures, and the lines that its person sees. */
function start({ topics = [ALARM_TOPIC], sample = () => Promise.resolve() } = {}) {
  const metrics = new MetricStore();
  const lines: (readonly [as: string, text: string])[] = [];
  const says = (as: string) => (text: string) => void lines.push([as, text]);
  const alarm = sampleAlarm('relay/Settle/Failures', {
    severity: 'ticket',
    runbook: 'docs/runbook.md#settle-failures',
    actions: { ALARM: topics, OK: topics, INSUFFICIENT_DATA: [] },
  });
  running = startAlarms({
    alarms: [alarm],
    metrics,
    speedFactor: 1,
    sample,
    runbookUrl: RUNBOOK_URL,
    warn: says('warn'),
    note: says('note'),
    detail: says('detail'),
  });
  const fail = (count: number): void =>
    metrics.record({
      namespace: 'Relay',
      name: 'Failed',
      dimensions: {},
      unit: 'Count',
      values: [count],
      at: Date.now(),
    });
  return { lines, fail };
}

describe('the lines about alarms on the terminal', () => {
  it('warn of one that fires, with a link into the runbook of this relay, and note that it is over', async () => {
    const { lines, fail } = start();
    await vi.advanceTimersByTimeAsync(MINUTE_MS + 1_000);
    fail(7);
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    fail(0);
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(lines.map(([as]) => as)).toEqual(['detail', 'warn', 'note']);
    const [, fired = '', over = ''] = lines.map(([, text]) => text);
    expect(fired).toMatch(/^ALARM ticket relay\/Settle\/Failures: /);
    expect(fired).toContain(` See ${RUNBOOK_URL}#settle-failures`);
    expect(over).toMatch(/^OK ticket relay\/Settle\/Failures: /);
    expect(over).not.toContain(RUNBOOK_URL);
  });

  it('are details where the alarm has no topic: a composite alarm speaks for it', async () => {
    const { lines, fail } = start({ topics: [] });
    fail(7);
    await vi.advanceTimersByTimeAsync(3 * MINUTE_MS);
    expect(new Set(lines.map(([as]) => as))).toEqual(new Set(['detail']));
  });

  it('say as a detail what could not be measured, and the alarms go on', async () => {
    const { lines, fail } = start({ sample: () => Promise.reject(new Error('no queue')) });
    fail(7);
    await vi.advanceTimersByTimeAsync(MINUTE_MS + 1_000);
    expect(lines).toContainEqual(['detail', 'queues could not be measured: Error: no queue']);
    expect(lines.map(([as]) => as)).toContain('warn');
  });
});
