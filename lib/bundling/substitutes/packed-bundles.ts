// Replaces function-bundles.ts in the package that other CDK apps install (see bin/build-package.ts): there the bundles
// are ready and beside the constructs, and esbuild is not needed.
import { join } from 'node:path';

/** The folder with the bundles of this release. */
export function bundleFunctions(): string {
  return join(import.meta.dirname, '..', 'bundles');
}
