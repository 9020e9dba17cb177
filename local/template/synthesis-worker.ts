// Runs once, in a thread of its own: bundles the functions, synthesises the stack that is deployed, and returns its
// template and the folders of its code. lib/ defines the stack.
import { readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { App } from 'aws-cdk-lib';
import { RelayStack } from '../../lib/relay-stack.ts';
import { localSettings } from './local-settings.ts';
import type { RelayStackProps } from '../../lib/relay-stack.ts';
import type { CloudTemplate } from './cloud-template.ts';
import type { SynthesisedStack, SynthesisOptions } from './synthesised-stack.ts';

/**
 * No quota of AWS limits one machine; with AWS's limits it is a new account's. And a machine that is busy with other
 * work must not take its own slowness for a receiver's.
 */
const sharesOfOneMachine = { lambdaConcurrency: 100, patienceMs: 5_000 };

const { outDir, get3wUrl, pace, isLikeAws } = workerData as SynthesisOptions;
// Bundles of earlier starts would accumulate, one for every change of the code.
rmSync(outDir, { recursive: true, force: true });
// CloudFormation's own check of the template takes seconds; `cdk synth` and the tests of the stack make it.
const app = new App({ outdir: outDir, analyticsReporting: false, builtinCloudFormationValidation: false });
const stack = new RelayStack(app, 'Relay', {
  get3wUrl,
  settings: {
    ...localSettings(pace),
    ...(!isLikeAws && { shares: sharesOfOneMachine }),
    // A deployment names its price table in its settings; a start on this machine has only its environment.
    prices: process.env['RELAY_PRICES'] || undefined,
  },
  retainData: false,
  // Half of the week that Get3W keeps outputs is too long to watch.
  ...(pace.isQuick && { alarmThresholds: { unkeptSeconds: 60 } }),
  ...(!isLikeAws && boundsOfOneMachine()),
});
const assembly = app.synth();
const artifact = assembly.getStackByName(stack.stackName);

/** The manifest of assets names the folder of each hash, relative to the assembly. */
const manifest = JSON.parse(readFileSync(join(assembly.directory, `${stack.artifactId}.assets.json`), 'utf8')) as {
  readonly files: Readonly<Record<string, { readonly source: { readonly path: string } }>>;
};
const assetPaths = Object.fromEntries(
  Object.entries(manifest.files).map(([hash, { source }]) => [hash, join(assembly.directory, source.path)]),
);
const synthesised: SynthesisedStack = {
  stackName: stack.stackName,
  template: artifact.template as CloudTemplate,
  assetPaths,
};
parentPort?.postMessage(synthesised);

/** A deployment's limits protect it from many users; here there is one, whose machine is the limit. */
function boundsOfOneMachine(): Pick<RelayStackProps, 'throttle' | 'maxConcurrency'> {
  return {
    throttle: { ratePerSecond: 100_000, burst: 100_000 },
    // One per processor: more would only compete for the gate, and messages that wait meanwhile form larger batches.
    // Lambda allows no fewer than two.
    maxConcurrency: Math.max(2, availableParallelism()),
  };
}
