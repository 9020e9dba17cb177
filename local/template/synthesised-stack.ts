// Synthesises the stack that `cdk deploy` would deploy and returns its template and the folders of its assets. CDK is
// loaded in a thread of its own: it takes a second and a hundred megabytes, and is needed once.
import { Worker } from 'node:worker_threads';
import { StartError } from '../start-error.ts';
import type { CloudTemplate } from './cloud-template.ts';
import type { LocalPace } from './local-settings.ts';

export interface SynthesisedStack {
  readonly stackName: string;
  readonly template: CloudTemplate;
  /** Folders of code assets by their hash, which is their S3 key in the template. */
  readonly assetPaths: Readonly<Record<string, string>>;
}

export interface SynthesisOptions {
  /** Folder for the cloud assembly, which replaces an earlier one. */
  readonly outDir: string;
  readonly get3wUrl: string;
  readonly pace: LocalPace;
  /** True to keep the deployment's throttles and concurrency. */
  readonly isLikeAws: boolean;
}

/** @throws StartError with the error text of CDK or the bundler. */
export function synthesiseStack(options: SynthesisOptions): Promise<SynthesisedStack> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./synthesis-worker.ts', import.meta.url), {
      workerData: options,
      // CDK's check of every template against the rules of CloudFormation takes three seconds; `cdk synth` makes it.
      env: { ...process.env, CDK_VALIDATION: 'false' },
    });
    worker.once('message', (stack: SynthesisedStack) => resolve(stack));
    worker.once('error', (cause) => {
      const text = cause instanceof Error ? cause.message : String(cause);
      reject(new StartError(`The stack could not be synthesised: ${text}`, { cause }));
    });
    worker.once('exit', (code) => reject(new StartError(`The synthesis of the stack ended with code ${code}.`)));
  });
}
