// The CDK app: one RelayStack, made from the context of cdk.json and of `-c name=value` on the command line.
// Which names there are, relay-context.ts says. Synthesis needs no AWS account; cdk-nag checks what comes out. A choice
// that cannot be deployed is refused in a few lines: its reader wants to know which one, not where we noticed.
import { App, Validations } from 'aws-cdk-lib';
import { CURRENTLY_RECOMMENDED_FLAGS } from 'aws-cdk-lib/cx-api';
import { AwsSolutionsChecks } from 'cdk-nag';
import { readContext } from '../lib/relay-context.ts';
import { RelayStack } from '../lib/relay-stack.ts';

try {
  // A test holds that none of the flags changes the template: relays inside other apps come without them.
  const app = new App({ context: CURRENTLY_RECOMMENDED_FLAGS });
  new RelayStack(app, 'Relay', readContext(app.node.getAllContext()));
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
} catch (error) {
  // What lib/ refuses is a plain Error; a TypeError and its like are faults of ours and keep their stack.
  if (!(error instanceof Error) || error.constructor !== Error) throw error;
  process.stderr.write(`error: ${error.message}\ndocs/deploy.md says what each choice means.\n`);
  process.exit(1);
}
