// The CDK app: one RelayStack, made from the context of cdk.json and of `-c name=value` on the command line.
// Which names there are, relay-context.ts says. Synthesis needs no AWS account; cdk-nag checks what comes out.
import { App, Validations } from 'aws-cdk-lib';
import { CURRENTLY_RECOMMENDED_FLAGS } from 'aws-cdk-lib/cx-api';
import { AwsSolutionsChecks } from 'cdk-nag';
import { readContext } from '../lib/relay-context.ts';
import { RelayStack } from '../lib/relay-stack.ts';

// A test holds that none of the flags changes the template: relays inside other apps come without them.
const app = new App({ context: CURRENTLY_RECOMMENDED_FLAGS });
new RelayStack(app, 'Relay', readContext(app.node.getAllContext()));
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
