// The one suite that every store must pass, whatever it is made of.
// Each part has its own file; the callers of this choose where they run.
import { describe } from 'vitest';
import { describeAccounts } from './account-conformance.ts';
import { describeThresholds } from './budget-conformance.ts';
import { describeErasure } from './erasure-conformance.ts';
import { describeGates } from './gate-conformance.ts';
import { describeIndexes } from './index-conformance.ts';
import { describeListing } from './listing-conformance.ts';
import { describeMutes } from './mute-conformance.ts';
import { describeOpenEnds } from './open-end-conformance.ts';
import { describeOnceChanges } from './once-conformance.ts';
import { describeKeeping } from './keep-conformance.ts';
import { describeJobs } from './job-conformance.ts';
import { storeUnderTest } from './store-under-test.ts';
import { describeLanes } from './lane-conformance.ts';
import { describeSpend } from './spend-conformance.ts';
import { describeTasks } from './task-conformance.ts';
import { describeWebhooks } from './webhook-conformance.ts';
import type { StorePlace } from './store-under-test.ts';

export function storeConformance(name: string, prepare: () => Promise<StorePlace>): void {
  describe(`a store in ${name}`, () => {
    const place = storeUnderTest(prepare);
    describeTasks(place);
    describeGates(place);
    describeIndexes(place);
    describeListing(place);
    describeAccounts(place);
    describeWebhooks(place);
    describeOpenEnds(place);
    describeLanes(place);
    describeErasure(place);
    describeKeeping(place);
    describeSpend(place);
    describeThresholds(place);
    describeJobs(place);
    describeMutes(place);
    describeOnceChanges(place);
  });
}
