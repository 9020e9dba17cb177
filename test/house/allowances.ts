// Places where a house rule does not hold, each for a reason. The list is to stay short: an allowance that
// nothing needs any more fails the tests. ESLint's own rules are excused in the line, see disable-reasons.

export interface Allowance {
  readonly rule: string;
  readonly path: string;
  readonly reason: string;
}

export const allowances: readonly Allowance[] = [
  {
    rule: 'named-after-export',
    path: 'lib/bundling/environment-credentials.ts',
    reason: 'It takes the place of a module of the SDK and must export what that exports.',
  },
];
