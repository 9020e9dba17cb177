// The files that `npm run test:mutants` changes, by area, and the tests that judge them. The first five have figures in
// docs/testing.md; the others are for changes there. Handlers are excluded: they put adapters into flows and decide
// nothing, and only slow tests run them. A mutant is tried against the tests of its area and not against all that
// execute it, or each would take a minute.

interface MutantArea {
  /** Patterns of the files to change; one that begins with `!` excludes files. */
  readonly mutate: readonly string[];
  /** Patterns of the test files that judge them, the slow ones last. */
  readonly tests: readonly string[];
}

const UNIT = 'test/unit/core';
const flowTests = ['test/unit/functions/*.test.ts'];

export const mutantAreas = {
  'address-rules': {
    mutate: ['core/domain/webhook/address-rules.ts'],
    tests: [`${UNIT}/{address-rules,boundaries}.test.ts`],
  },
  provider: {
    mutate: ['core/adapters/get3w-provider.ts', 'core/adapters/http-exchange.ts', 'core/domain/task/upstream-task.ts'],
    tests: [
      `${UNIT}/{get3w-*,upstream-task,http-exchange}.test.ts`,
      `${UNIT}/{webhook-caller,dying-connections}.test.ts`,
    ],
  },
  decide: {
    mutate: [
      'core/domain/task/{decide,decide-due,doubt,task-transitions}.ts',
      'core/domain/webhook/decide-delivery.ts',
      'core/flows/decide-soundly.ts',
    ],
    tests: [`${UNIT}/{decide*,attempt-lines,sweep-time,boundaries,backoff,task-*}.test.ts`],
  },
  deliver: {
    mutate: ['functions/deliver/*.ts', '!functions/deliver/handler.ts'],
    tests: [
      'test/unit/functions/{direct-call,fan-*,lane-*,run-*,webhook-recovery}.test.ts',
      'test/unit/functions/deliver-*.test.ts',
    ],
  },
  api: {
    mutate: ['functions/api/*.ts', '!functions/api/handler.ts'],
    tests: [
      'test/unit/functions/{door-*,request-*,read-*,router,submit-*,sync-*}.test.ts',
      'test/unit/functions/{endpoint-*,event-*,task-*,delivery-*,self-test,webhook-recovery,damaged-task,gate-*}.test.ts',
      'test/unit/functions/{account-*,audit-*,key-*,list-sizes,operator-*}.test.ts',
    ],
  },
  domain: { mutate: ['core/domain/**/*.ts'], tests: [`${UNIT}/*.test.ts`] },
  gate: {
    mutate: ['core/domain/gate/*.ts'],
    tests: [`${UNIT}/{gate-*,circuit,fair-queue,limit-learning,tally-*,boundaries}.test.ts`],
  },
  adapters: { mutate: ['core/adapters/*.ts'], tests: [`${UNIT}/*.test.ts`] },
  flows: { mutate: ['core/flows/*.ts'], tests: [`${UNIT}/*.test.ts`, ...flowTests] },
  settle: { mutate: ['functions/settle/flow.ts'], tests: ['test/unit/functions/settle-*.test.ts'] },
  sweep: {
    mutate: ['functions/sweep/*.ts', '!functions/sweep/handler.ts'],
    tests: ['test/unit/functions/sweep-*.test.ts', `${UNIT}/sweep-time.test.ts`],
  },
} as const satisfies Record<string, MutantArea>;

export type MutantAreaName = keyof typeof mutantAreas;

export function isMutantAreaName(name: string): name is MutantAreaName {
  return Object.hasOwn(mutantAreas, name);
}
