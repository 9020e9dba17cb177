// The import rules of docs/architecture.md, as dependency-cruiser runs them (`npm run check:layers`).
// Each rule states one row of the layer table; its comment is what a developer reads when it fires, so it
// says where the import should go instead. Rules about what a file contains are ESLint's and test/conventions's.
// Every rule has a bad fixture under test/conventions/fixtures/layers; test/conventions fails for a rule without one.

/** Any package of these names, wherever node_modules lies. */
function packages(...names) {
  return `(^|/)node_modules/(${names.join('|')})(/|$)`;
}

const sdk = packages('@aws-sdk', '@smithy');
const middy = packages('@middy');
const cdk = packages('aws-cdk-lib', 'constructs', 'cdk-nag');
const zod = packages('zod');
const lambdaTypes = packages('@types/aws-lambda');
const aiSdk = packages('@ai-sdk');
const CRYPTO = '^(node:)?crypto$';
/** Any module of Node itself: dependency-cruiser names them bare. */
const NODE = '^(node:)?([a-z_/]+|v8)$';
const ANY_PACKAGE = '(^|/)node_modules/';

const DOMAIN = '^core/domain/';
const CONTRACT = '^core/contract/';
/** What flows need of the world, as interfaces. */
const PORTS = '^core/ports/';
/** What stands on the wire: public shapes, answers, failures. */
const HTTP = '^core/http/';
const ADAPTERS = '^core/adapters/';
const MIDDLEWARE = '^core/middleware/';
/** What the flows of several stages do alike: load, decide, commit, perform effects. */
const FLOWS = '^core/flows/';
/** A stage is any folder of functions/: api, dispatch, settle, deliver, sweep, and what may come. */
const STAGE = '^functions/([^/]+)/';
/** The files of a stage that Lambda calls: handler.ts, or *-handler.ts where a stage has two. */
const HANDLER = '(^|[/-])handler\\.ts$';
/** Put into bundles by esbuild in a package's place (see lib/bundling/function-bundles.ts), so nothing imports it. */
const BUNDLED_BY_ALIAS = '^lib/bundling/substitutes/';
/** Where running begins: what none of these reaches, never runs. */
const entryPoints = [
  HANDLER,
  '^bin/',
  '^(local|simulator)/.*(start|serve|worker)\\.ts$',
  '^console/',
  '^lib/index\\.ts$',
  BUNDLED_BY_ALIAS,
];

/**
 * What infrastructure may read of the domain: the numbers and tables that end up in the template (limits, defaults of
 * settings, retry policies, the error catalogue), never a decision. Add a file here when the stack needs its numbers.
 */
const domainNumbers = [
  '^core/domain/(limits|settings|capacity|error-catalogue|time-ms)\\.ts$',
  '^core/domain/[a-z0-9/-]+-(settings|policy)\\.ts$',
  // A user's prices are numbers of a deployment, and priceOf says what their rows mean.
  '^core/domain/money/price-table\\.ts$',
];

/** How long an hour is: the one place for it, without behaviour, so that every layer may read it. */
const TIME_UNITS = '^core/domain/time-ms\\.ts$';

/** A row of the table: files of `from` may import `may` and nothing else of ours, of npm or of Node. */
function only(name, from, may, comment) {
  return { name, comment, severity: 'error', from, to: { pathNot: may } };
}

/** A prohibition: files of `from` never import `to`. */
function never(name, from, to, comment) {
  return { name, comment, severity: 'error', from, to };
}

const layers = [
  only(
    'domain-stands-alone',
    { path: DOMAIN },
    [DOMAIN, CRYPTO],
    'The domain decides and does nothing: it imports itself and node:crypto. Pass clock, random and stored state in.',
  ),
  only(
    'contract-imports-domain-only',
    { path: CONTRACT },
    [CONTRACT, DOMAIN, zod],
    'The contract is read by infrastructure and functions alike, so it may bring neither SDK, CDK nor middy.',
  ),
  only(
    'ports-are-interfaces',
    { path: PORTS },
    [PORTS, CONTRACT, DOMAIN],
    'A port says what flows need in words of contract and domain; how it is done is its adapter.',
  ),
  only(
    'http-shapes-import-inwards',
    { path: HTTP },
    [HTTP, CONTRACT, DOMAIN, zod],
    'Public shapes are read by functions, console, command line and simulator: contract and domain are all they know.',
  ),
  only(
    'core-flows-speak-through-ports',
    { path: FLOWS },
    [FLOWS, PORTS, HTTP, CONTRACT, DOMAIN, CRYPTO],
    'A flow loads, decides and acts through ports; handlers put adapters into them.',
  ),
  only(
    'adapters-import-inwards',
    { path: ADAPTERS },
    [ADAPTERS, PORTS, HTTP, CONTRACT, DOMAIN, sdk, packages('uuid'), zod, NODE],
    'An adapter speaks to one service: the port it serves, domain, contract, the SDK and Node are all it needs.',
  ),
  only(
    'middleware-imports-core',
    { path: MIDDLEWARE },
    ['^core/', middy, zod, lambdaTypes, NODE],
    'Middleware wraps any handler, so it knows no stage and no infrastructure.',
  ),
  never(
    'flow-speaks-through-ports',
    { path: STAGE, pathNot: HANDLER },
    { path: [ADAPTERS, MIDDLEWARE, ANY_PACKAGE], pathNot: zod },
    'A flow loads, decides and acts through its own ports; the handler beside it puts adapters into them.',
  ),
  never(
    'flow-does-no-io',
    { path: STAGE, pathNot: HANDLER },
    { dependencyTypes: ['core'], pathNot: CRYPTO },
    'Of Node a flow may use node:crypto alone; files, sockets and timers belong to an adapter behind a port.',
  ),
  only(
    'handler-wires-core-and-own-stage',
    { path: `${STAGE}.*handler\\.ts$` },
    ['^core/', '^functions/$1/', middy, zod, lambdaTypes, CRYPTO],
    'A handler joins core to its own flow. Calls to services are adapters, what is infrastructure is lib.',
  ),
  never(
    'stages-do-not-meet',
    { path: STAGE },
    { path: STAGE, pathNot: '^functions/$1/' },
    'Stages meet in the task row and the queues only. What two of them need is domain, contract or core.',
  ),
  never(
    'core-knows-no-stage',
    { path: '^core/' },
    { path: STAGE },
    'Imports point inwards: a stage imports core, never the other way round.',
  ),
  never(
    'schemas-stay-out-of-bundles',
    { path: ['^functions/', '^core/(domain|contract|ports|flows|adapters|middleware)/', '^console/source/'] },
    { path: '^core/http/schemas/' },
    'Schemas describe the wire for documents and tests. What a function or a page reads it checks itself: each cold start and each first load would pay for all of them.',
  ),
  never(
    'functions-know-no-infrastructure',
    { path: '^(core|functions)/' },
    { path: ['^(bin|cli|lib|local|simulator|console|examples)/', cdk] },
    'What runs in Lambda must not bring CDK or the local runtime into its bundle. Share through core/contract.',
  ),
  only(
    'lib-imports-cdk-and-contract',
    { path: '^lib/' },
    ['^lib/', CONTRACT, ...domainNumbers, cdk, packages('esbuild'), zod, NODE],
    'Infrastructure names functions by path, and shares the contract and the numbers of the domain with them.',
  ),
  only(
    'local-runs-the-template',
    // docs/decisions/0004: the first accounts are written with the code that the command line uses.
    { path: '^local/', pathNot: '^local/seed-accounts\\.ts$' },
    // How a client of AWS is made says nothing of how the relay behaves, and there is one place for it.
    ['^(lib|local|simulator)/', CONTRACT, TIME_UNITS, '^core/adapters/service-client\\.ts$', ANY_PACKAGE, NODE],
    'The local runtime knows stages only as the bundles its template names; otherwise it would be a second topology.',
  ),
  only(
    'simulator-knows-the-catalogue-only',
    { path: '^simulator/' },
    [
      '^simulator/',
      CONTRACT,
      HTTP,
      '^core/domain/error-catalogue\\.ts$',
      TIME_UNITS,
      // How a client of AWS is made says nothing of how the relay behaves, and there is one place for it.
      '^core/adapters/service-client\\.ts$',
      ANY_PACKAGE,
      NODE,
    ],
    'The simulator plays the other side: of the relay it shares the error catalogue, not a line of behaviour.',
  ),
  only(
    'console-talks-http',
    { path: '^console/', pathNot: '^console/(vite\\.config\\.ts$|build/)' },
    [
      '^console/',
      CONTRACT,
      HTTP,
      '^core/domain/error-catalogue\\.ts$',
      TIME_UNITS,
      packages('preact', '@preact', 'uplot', 'vite', 'swagger-ui-dist'),
    ],
    'The console runs in a browser and talks to the public API; it shares names with the relay, never code that acts.',
  ),
  only(
    'client-stands-alone',
    { path: '^packages/client/' },
    ['^packages/client/', aiSdk],
    'The client runs in browsers and in apps that have nothing of the relay: it imports itself alone. Generate what it shares.',
  ),
  never(
    'client-needs-no-package',
    { path: '^packages/client/' },
    { path: aiSdk, dependencyTypesNot: ['type-only'] },
    'An app without the AI SDK uses the client too: import types alone from it.',
  ),
  only(
    'command-line-works-from-outside',
    { path: '^cli/' },
    ['^cli/', ADAPTERS, PORTS, HTTP, CONTRACT, DOMAIN, FLOWS, '^local/runtime-file\\.ts$', ANY_PACKAGE, NODE],
    'The command line works on table and queues through core, and knows of a local relay what runtime.json tells.',
  ),
  never(
    'command-line-knows-no-stage',
    { path: '^(bin|cli)/' },
    { path: STAGE },
    'The command line works on a deployed or local relay from outside; it does not run its functions.',
  ),
  never(
    'nothing-imports-bin',
    { pathNot: '^(bin|test|checks)/' },
    { path: '^bin/' },
    'bin/ holds entry points. Move what is shared below lib/, local/ or core/contract.',
  ),
  never(
    'nothing-imports-test',
    { pathNot: '^(test|checks)/' },
    { path: '^(test|checks)/' },
    'Shipped code and benches may not lean on tests or checks. Move the part into the layer that owns it.',
  ),
  never(
    'nothing-imports-bench',
    { pathNot: '^(bench|test|checks)/' },
    { path: '^bench/' },
    'A bench measures the relay and is no part of it.',
  ),
];

const hygiene = [
  {
    name: 'no-cycles',
    comment: 'A cycle, type imports included, means that two files are one. Move the shared part below both.',
    severity: 'error',
    from: {},
    to: { circular: true },
  },
  {
    name: 'no-orphans',
    comment: 'Nothing imports this file and it imports nothing: wire it in or delete it.',
    severity: 'error',
    from: { orphan: true, pathNot: ['\\.d\\.ts$', '^(test|checks|examples)/', BUNDLED_BY_ALIAS] },
    to: {},
  },
  {
    name: 'no-dead-modules',
    comment: 'No entry point (a handler, bin/, local/start.ts, the console) reaches this file, so it never runs.',
    severity: 'error',
    from: { path: entryPoints },
    to: {
      path: '^(core|functions|lib|local|simulator|cli)/',
      pathNot: ['\\.d\\.ts$', ...entryPoints],
      reachable: false,
    },
  },
  {
    name: 'no-dev-dependency-in-functions',
    comment:
      'Lambda bundles hold what package.json lists as dependencies. Move the package there, or import its types only.',
    severity: 'error',
    from: { path: '^(core|functions)/' },
    to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'no-undeclared-package',
    comment: 'The package is installed by chance only: list it in package.json.',
    severity: 'error',
    from: {},
    to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
  },
  {
    name: 'no-unresolvable',
    comment: 'There is no such file or package.',
    severity: 'error',
    // The client's check imports what is built, which a fresh clone has not built yet.
    from: { pathNot: '^checks/clients/typed-client\\.mjs$' },
    to: { couldNotResolve: true },
  },
];

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [...layers, ...hygiene],
  options: {
    doNotFollow: { path: 'node_modules' },
    // The example is an app of its own: it imports this package by its name, as it is installed elsewhere.
    exclude: { path: '^(test/conventions/fixtures|examples/cdk-app)/' },
    // Type imports count: a cycle of types is a cycle of thoughts, and a type import of a stage is knowledge of it.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    detectProcessBuiltinModuleCalls: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types', 'typings'],
    },
  },
};
