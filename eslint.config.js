// ESLint's share of the house rules: what one file's syntax and types can tell (`npm run check:lint`).
// Imports between files are .dependency-cruiser.cjs's, layout is Prettier's, everything else test/conventions's.
// Rules are listed one by one, no presets: each has a bad line in test/conventions/fixtures/lint that proves it
// fires, and test/conventions fails for a rule without one. Restrictions of our own carry their name in brackets.
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { constantNames } from './test/conventions/constant-names.ts';
import { houseLimits } from './test/conventions/house-limits.ts';

const shipped = ['bin/**', 'cli/**', 'lib/**', 'core/**', 'functions/**', 'local/**', 'simulator/**', 'packages/**'];
/** Where the same input must give the same answer: domain, contract and the stages' flows. Handlers are their edge. */
const pure = ['core/{domain,contract,ports,http,flows}/**', 'functions/**/!(*handler).ts'];

/** One entry of no-restricted-syntax; the name in brackets is what fixtures and `eslint-disable` comments cite. */
function syntax(name, selector, message) {
  return { selector, message: `${message} [${name}]` };
}

const everywhere = [
  // A type on the constant (`const handler: Handler = …`) gives the parameters theirs; a declaration has no such place.
  syntax(
    'function-declarations',
    ':matches(Program, ExportNamedDeclaration) > VariableDeclaration > VariableDeclarator:not([id.typeAnnotation]):matches([init.type="ArrowFunctionExpression"], [init.type="FunctionExpression"])',
    'A named function at the top of a file is a `function`: stack traces and tools that follow calls read it.',
  ),
  syntax('no-export-star', 'ExportAllDeclaration', 'A barrel hides who uses what. Import from the file that has it.'),
  syntax(
    'loopback-only',
    'CallExpression[callee.property.name="listen"]:matches([arguments.length=0],[arguments.length=1]:not([arguments.0.type="ObjectExpression"]),[arguments.1.type=/Function/])',
    "Without a host this listens on every interface. Give '127.0.0.1'.",
  ),
];

const faultsByCode = [
  syntax(
    'no-message-matching',
    ':matches(CallExpression[callee.property.name=/^(includes|startsWith|endsWith|match|search|indexOf)$/] > MemberExpression > MemberExpression.object[property.name="message"], CallExpression[callee.property.name=/^(test|exec)$/] > MemberExpression.arguments[property.name="message"], BinaryExpression[operator=/^[!=]==?$/] > MemberExpression[property.name="message"])',
    'Texts of errors change without notice. Match on name, code or status.',
  ),
];

const callsThatEnd = [
  syntax(
    'service-client-only',
    'NewExpression[callee.name=/^(CloudFormation|CloudWatch|CloudWatchLogs|DynamoDB|DynamoDBStreams|EventBridge|KMS|Lambda|S3|Scheduler|SNS|SQS|SSM|STS|SecretsManager)Client$/]:not(CallExpression[callee.name=/^(service|command|standIn)Client$/] NewExpression)',
    'A call of it might never end. Make it through serviceClient, see core/adapters/service-client.ts.',
  ),
  syntax(
    'fetch-with-signal',
    'CallExpression[callee.name="fetch"]:not(:has(Property[key.name="signal"]))',
    'Nothing ends this call. Give it `signal: AbortSignal.timeout(…)`.',
  ),
];

const timeByName = [
  syntax(
    'time-units',
    ':matches(Literal[raw=/^(3_?600_?000|86_?400_?000)$/], BinaryExpression[operator="*"] > Literal[raw=/^60_?000$/])',
    'Name the unit: MINUTE_MS, HOUR_MS and DAY_MS are in core/domain/time-ms.ts.',
  ),
];

const portsOfTime = [
  syntax(
    'clock-is-a-port',
    ':matches(MemberExpression[object.name="Date"][property.name="now"], NewExpression[callee.name="Date"][arguments.length=0], CallExpression[callee.name="Date"])',
    'Take `now` as a parameter or from the clock port, or no test can replay this.',
  ),
  syntax(
    'random-is-a-port',
    'MemberExpression[object.name="Math"][property.name="random"]',
    'Take a random number from the random port, or no test can replay this.',
  ),
];

const statesNotSleeps = [
  syntax(
    'no-fixed-sleep',
    'NewExpression[callee.name="Promise"] CallExpression[callee.name="setTimeout"]',
    'A fixed sleep is too short on a slow machine and too long on a fast one. Wait for the state, see test/support.',
  ),
];

/** What a bundle carries, each cold start loads. */
const zodByNamespace = {
  name: 'zod',
  importNames: ['z', 'default'],
  message: '`import * as z`: the other ways bundle all of zod. [zod-by-namespace]',
};

const core = {
  'array-callback-return': 'error',
  'default-case-last': 'error',
  eqeqeq: 'error',
  'no-async-promise-executor': 'error',
  'no-case-declarations': 'error',
  'no-cond-assign': 'error',
  'no-constant-binary-expression': 'error',
  'no-constant-condition': 'error',
  'no-control-regex': 'error',
  'no-dupe-else-if': 'error',
  'no-dupe-keys': 'error',
  'no-duplicate-case': 'error',
  'no-empty': 'error',
  'no-eval': 'error',
  'no-fallthrough': ['error', { commentPattern: 'falls through on purpose' }],
  'no-irregular-whitespace': 'error',
  'no-loss-of-precision': 'error',
  'no-new-wrappers': 'error',
  'no-return-assign': 'error',
  'no-self-assign': 'error',
  'no-self-compare': 'error',
  'no-sparse-arrays': 'error',
  'no-template-curly-in-string': 'error',
  'no-unassigned-vars': 'error',
  'no-unreachable': 'error',
  'no-unreachable-loop': 'error',
  'no-unsafe-finally': 'error',
  'no-unsafe-optional-chaining': 'error',
  'no-useless-assignment': 'error',
  'no-useless-catch': 'error',
  'no-useless-escape': 'error',
  'no-useless-rename': 'error',
  'no-var': 'error',
  'object-shorthand': 'error',
  'prefer-const': 'error',
  'preserve-caught-error': 'error',
  'use-isnan': 'error',
  'valid-typeof': 'error',

  'house/constant-names': 'error',
  'max-lines': ['error', { max: houseLimits.fileLines }],
  'max-lines-per-function': ['error', { max: houseLimits.functionLines }],
  'no-restricted-syntax': ['error', ...everywhere, ...timeByName],
};

const typescript = {
  '@typescript-eslint/await-thenable': 'error',
  '@typescript-eslint/ban-ts-comment': ['error', { 'ts-expect-error': 'allow-with-description' }],
  '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
  '@typescript-eslint/no-array-delete': 'error',
  '@typescript-eslint/no-base-to-string': 'error',
  '@typescript-eslint/no-deprecated': 'error',
  '@typescript-eslint/no-empty-object-type': 'error',
  '@typescript-eslint/no-explicit-any': 'error',
  '@typescript-eslint/no-floating-promises': 'error',
  '@typescript-eslint/no-for-in-array': 'error',
  '@typescript-eslint/no-import-type-side-effects': 'error',
  '@typescript-eslint/no-misused-promises': 'error',
  '@typescript-eslint/no-misused-spread': 'error',
  '@typescript-eslint/no-unnecessary-type-assertion': 'error',
  '@typescript-eslint/no-unsafe-function-type': 'error',
  '@typescript-eslint/no-unused-expressions': 'error',
  '@typescript-eslint/no-unused-vars': [
    'error',
    { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'all', ignoreRestSiblings: true },
  ],
  '@typescript-eslint/only-throw-error': 'error',
  '@typescript-eslint/prefer-promise-reject-errors': 'error',
  '@typescript-eslint/return-await': ['error', 'in-try-catch'],
  '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
};

/** In what runs in Lambda an `any` that slipped in from JSON or a library is a fault that no test of types sees. */
const nothingUnsafe = {
  '@typescript-eslint/no-non-null-assertion': 'error',
  '@typescript-eslint/no-unsafe-argument': 'error',
  '@typescript-eslint/no-unsafe-assignment': 'error',
  '@typescript-eslint/no-unsafe-call': 'error',
  '@typescript-eslint/no-unsafe-member-access': 'error',
  '@typescript-eslint/no-unsafe-return': 'error',
};

export default defineConfig(
  globalIgnores([
    'node_modules/',
    '.cache/',
    'cdk.out/',
    '**/dist/',
    // Made by `npm run docs:api`.
    'packages/client/source/api-*.ts',
    '.relay/',
    '**/.venv/',
    'coverage/',
    'test/conventions/fixtures/',
  ]),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    name: 'relay/core',
    files: ['**/*.{js,cjs,mjs,ts,tsx}'],
    plugins: { house: { rules: { 'constant-names': constantNames } } },
    rules: core,
  },
  {
    name: 'relay/typescript',
    files: ['**/*.{ts,tsx}'],
    plugins: { '@typescript-eslint': tseslint.plugin },
    languageOptions: { parser: tseslint.parser, parserOptions: { projectService: true } },
    rules: typescript,
  },
  {
    // A switch counts once: the arms of a closed set are read as a table, and the compiler holds that none is missing.
    name: 'relay/complexity',
    files: [...shipped, 'console/**'],
    rules: { complexity: ['error', { max: houseLimits.complexity, variant: 'modified' }] },
  },
  {
    name: 'relay/shipped',
    files: shipped,
    rules: { 'no-restricted-syntax': ['error', ...everywhere, ...timeByName, ...faultsByCode, ...callsThatEnd] },
  },
  {
    name: 'relay/quiet',
    files: ['core/**', 'functions/**', 'lib/**'],
    rules: { 'no-console': 'error' },
  },
  {
    name: 'relay/functions',
    files: ['{core,functions}/**/*.ts'],
    rules: {
      ...nothingUnsafe,
      'no-restricted-imports': ['error', zodByNamespace],
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message: 'The handler hands it to readEnvironment once; everybody else takes values. [environment-read-once]',
        },
      ],
    },
  },
  {
    name: 'relay/environment',
    files: ['functions/*/*handler.ts'],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    name: 'relay/pure',
    files: pure,
    rules: {
      'no-restricted-syntax': ['error', ...everywhere, ...timeByName, ...faultsByCode, ...portsOfTime],
      'no-restricted-globals': [
        'error',
        ...[
          'process',
          'fetch',
          'performance',
          'crypto',
          'setTimeout',
          'setInterval',
          'setImmediate',
          'queueMicrotask',
        ].map((name) => ({ name, message: 'This decides and does nothing: take it through a port. [no-effects]' })),
      ],
      'no-restricted-imports': [
        'error',
        zodByNamespace,
        {
          name: 'node:crypto',
          importNames: ['randomUUID', 'randomBytes', 'randomInt', 'randomFillSync', 'webcrypto', 'default'],
          message: 'Random is a port; hashes and comparisons are what node:crypto is for here. [no-random-imports]',
        },
      ],
    },
  },
  {
    name: 'relay/schemas',
    // In no bundle, so that it may use all of zod; a namespace counts as the import of every name.
    files: ['core/http/schemas/**'],
    rules: { 'no-restricted-imports': 'off' },
  },
  {
    name: 'relay/tests',
    files: ['test/**'],
    // What waits for a state paces itself; so do the programs in checks/.
    ignores: ['test/support/**'],
    rules: {
      'no-restricted-syntax': ['error', ...everywhere, ...statesNotSleeps],
      'no-restricted-imports': [
        'error',
        { name: 'node:timers/promises', message: 'Wait for the state, see test/support. [no-timer-imports]' },
      ],
    },
  },
  {
    // A describe() callback is as long as its tests are many; the file's own limit holds.
    name: 'relay/test-files',
    files: ['test/**/*.test.ts', 'test/**/*-conformance.ts'],
    // A suite of one port or one stage is read as a list: its length is that of the promises it holds.
    rules: { 'max-lines-per-function': 'off', 'max-lines': ['error', { max: houseLimits.testFileLines }] },
  },
);
