// The CDK app: one RelayStack, made from the context of cdk.json and of `-c name=value` on the command line.
// relay-context.ts lists the names. Synthesis needs no AWS account; cdk-nag checks the result. A choice that cannot be
// deployed is refused in a few lines, because the user needs to know which one and not where in the code it was
// noticed.
import { App, Validations } from 'aws-cdk-lib';
import { CURRENTLY_RECOMMENDED_FLAGS } from 'aws-cdk-lib/cx-api';
import { AwsSolutionsChecks } from 'cdk-nag';
import { readContext } from '../lib/relay-context.ts';
import { RelayStack } from '../lib/relay-stack.ts';

try {
  // A test enforces that none of the flags changes the template, because relays inside other apps are made without
  // them.
  const app = new App({ context: CURRENTLY_RECOMMENDED_FLAGS });
  new RelayStack(app, 'Relay', readContext(app.node.getAllContext()));
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
} catch (error) {
  // lib/ refuses choices with a plain Error; a TypeError and the like are our own faults and keep their stack.
  if (!(error instanceof Error) || error.constructor !== Error) throw error;
  process.stderr.write(`error: ${error.message}\ndocs/deploy.md describes each choice.\n`);
  process.exit(1);
}
