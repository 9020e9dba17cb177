// Places where a house rule does not hold, each for a reason. The list is to stay short: an allowance that
// nothing needs any more fails the tests. ESLint's own rules are excused in the line, see disable-reasons.

interface Allowance {
  readonly rule: string;
  readonly path: string;
  readonly reason: string;
}

export const allowances: readonly Allowance[] = [
  {
    rule: 'named-after-export',
    path: 'lib/bundling/substitutes/environment-credentials.ts',
    reason: 'It takes the place of a module of the SDK and must export what that exports.',
  },
  {
    rule: 'named-after-export',
    path: 'core/adapters/dynamodb/dynamo-reads.ts',
    reason: 'It holds the three ways of reading the table; none of them is the main one.',
  },
  {
    rule: 'named-after-export',
    path: 'core/adapters/dynamodb/transaction.ts',
    reason: 'It plans what belongs into one transaction; its exports are the parts of the plan.',
  },
  {
    rule: 'named-after-export',
    path: 'lib/stages/stage-grants.ts',
    reason: 'It holds the rights that stages are granted, one function each.',
  },
  {
    rule: 'named-after-export',
    path: 'console/source/parts/time-text.tsx',
    reason: 'Its two components are the two ways a time is written: a moment and a length.',
  },
  {
    rule: 'named-after-export',
    path: 'local/cloudwatch/metrics/service-metrics.ts',
    reason: 'It holds what each of the stand-ins measures of itself, one function a service.',
  },
  {
    rule: 'named-after-export',
    path: 'local/queues/batch-answer.ts',
    reason: 'It reads the answer of a function to a batch; its export is the only thing that answer says.',
  },
  {
    rule: 'error-codes',
    path: 'local/announcement.ts',
    reason: 'It prints the address of a scripted model, whose steps are error codes by design.',
  },
  {
    rule: 'named-after-export',
    path: 'checks/deploy/later-releases.ts',
    reason: 'It holds what happens to a deployed relay after its first day, one function a release.',
  },
  {
    rule: 'named-after-export',
    path: 'bin/run.mjs',
    reason: 'It is the command that npm scripts run; what it exports is there for its test.',
  },
  {
    rule: 'named-after-export',
    path: 'test/simulation/nonsense.ts',
    reason: 'It holds the kinds of nonsense that the other side says, one export a kind.',
  },
  {
    rule: 'plain-words',
    path: 'docs/errors.md',
    reason: 'Its table shows the values of the error catalogue, and one of them is such a word.',
  },
];
