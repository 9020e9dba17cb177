// Dead letters and the audit log in the console: what a letter is about, where it leads, and the address of a filtered log.
import { describe, expect, it } from 'vitest';
import { auditAddress, auditFilterOf } from '../../../console/source/audit/audit-filter.ts';
import { viewOf } from '../../../console/source/frame/view-name.ts';
import { causesOf, causeWords, errorWords, placeOf } from '../../../console/source/letters/dead-letters.ts';
import { publicDeadLetter } from '../../../core/http/public-dead-letter.ts';

function letterOf(doorbell: object, code?: string) {
  const fault = code === undefined ? undefined : { at: 0, receiveCount: 9, error: { name: 'Error', code, text: 'no' } };
  return publicDeadLetter({ messageId: 'm', body: JSON.stringify(doorbell), sentAt: 0, receiveCount: 10, fault });
}

describe('a dead letter', () => {
  it('leads to its task, or to its endpoint', () => {
    expect(placeOf(letterOf({ kind: 'keep', taskId: 't' }))?.to).toBe('/tasks/t');
    expect(placeOf(letterOf({ kind: 'lane', laneId: 'we_1', accountId: 'a' }))?.to).toBe('/webhooks/we_1');
    expect(placeOf(letterOf({ kind: 'lane', laneId: 'url_1', accountId: 'a' }))).toBeUndefined();
    expect(placeOf(letterOf({ kind: 'gate', gateId: 'default' }))).toBeUndefined();
  });

  it('says its cause, and that none is on record', () => {
    expect(causeWords(letterOf({}, 'store-unavailable'))).toBe('store-unavailable: no');
    expect(causeWords(letterOf({}))).toMatch(/No cause is on record/);
  });

  it('is counted by its cause, the most frequent first', () => {
    expect(causesOf([letterOf({}), letterOf({}, 'a'), letterOf({}, 'a')])).toEqual([
      { name: 'a', count: 2 },
      { name: 'no cause on record', count: 1 },
    ]);
  });
});

describe('sending back', () => {
  it('says which queues stopped early, and nothing where all went well', () => {
    const [well, failed] = [
      { queue: 'keep', error: null },
      { queue: 'settle', error: 'It stopped early.' },
    ];
    expect(errorWords({ queues: [well, failed] })).toBe('settle: It stopped early.');
    expect(errorWords({ queues: [well] })).toBeUndefined();
  });
});

describe('the address of the audit log', () => {
  it('holds its filters', () => {
    const address = auditAddress({ action: 'gate.pause', account: 'acc_a', from: '', to: '' });
    expect(address).toBe('/audit?action=gate.pause&account=acc_a');
    expect(auditFilterOf(new URLSearchParams(address.split('?')[1]))).toMatchObject({ action: 'gate.pause', from: '' });
    expect(auditAddress({})).toBe('/audit');
    expect([viewOf('audit').view, viewOf('dead-letters').view]).toEqual(['audit', 'dead-letters']);
  });
});
