import { describe, expect, it } from 'vitest';
import { judgeQuota } from '../../../cli/checks/judge-quota.ts';
import { defaultShareSettings } from '../../../core/domain/share-settings.ts';

function judge(lambdaConcurrency: number, quota: number, free = quota, tasksPerSecond = 10, callbacks = true) {
  const shares = { ...defaultShareSettings, lambdaConcurrency };
  return judgeQuota({ shares, tasksPerSecond, callbacks }, { quota, free });
}

describe('the Lambda quota of the account', () => {
  it('is enough when it is what the relay counts on, and the text says how many calls may wait', () => {
    expect(judge(1_000, 1_000)).toMatchObject({ status: 'ok', detail: expect.stringContaining('100 calls') as string });
    expect(judge(10, 1_000)).toMatchObject({ status: 'ok', detail: expect.stringContaining('2 calls') as string });
  });

  it('is warned of when the relay counts on more than there is, or than is left', () => {
    for (const verdict of [judge(1_000, 999), judge(1_000, 1_000, 900)]) {
      expect(verdict).toMatchObject({ status: 'warning', detail: expect.stringContaining('counts on 1000') as string });
    }
    expect(judge(1_000, 999).advice).toContain('settings.shares.lambdaConcurrency 999');
  });

  it('is warned of when it is that of a new account, or when others have reserved it', () => {
    expect(judge(10, 99)).toMatchObject({
      status: 'warning',
      detail: expect.stringContaining('quota is 99') as string,
    });
    expect(judge(10, 100, 59)).toMatchObject({ status: 'warning', detail: expect.stringContaining('59') as string });
    expect(judge(10, 100, 60)).toMatchObject({ status: 'ok' });
  });

  it('is compared with the tasks a second that the relay was deployed for', () => {
    expect(judge(10, 700, 700, 333)).toMatchObject({
      status: 'warning',
      detail: expect.stringContaining('333 tasks a second wants 7') as string,
    });
    expect(judge(10, 1_000, 1_000, 333)).toMatchObject({ status: 'ok' });
  });

  it('has to be larger where Get3W does not call back: each end is found by a poll', () => {
    expect(judge(10, 740, 740, 333)).toMatchObject({ status: 'ok' });
    expect(judge(10, 740, 740, 333, false)).toMatchObject({
      status: 'warning',
      detail: expect.stringContaining('wants 768') as string,
    });
  });

  it('is not all: the text also has what API Gateway and DynamoDB allow at first', () => {
    expect(judge(10, 10_000, 10_000, 1_500)).toMatchObject({
      status: 'warning',
      detail: expect.stringContaining('DynamoDB') as string,
    });
  });
});
