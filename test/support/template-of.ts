// Makes small stacks for tests of the local runtime: a template as JSON with nothing in it but what the test is about.
// relay-template.ts has the stack that is really deployed.
import { makeLocalWorld } from '../../local/template/resource-identity.ts';
import type { CloudResource, CloudTemplate } from '../../local/template/cloud-template.ts';
import type { SynthesisedStack } from '../../local/template/synthesised-stack.ts';

export const testWorld = makeLocalWorld(
  'Test',
  { api: 'http://127.0.0.1:4300', queues: 'http://127.0.0.1:9324' },
  'uuid',
);

/** Text with `%{…}` as Fn::Sub has it, with a dollar: in a test's own text that would look like a slip. */
export function dollars(text: string): string {
  return text.replaceAll('%{', '${');
}

/** A template with these resources, and whatever else of a template is given. */
export function templateOf(
  resources: Record<string, CloudResource>,
  rest: Partial<Omit<CloudTemplate, 'Resources'>> = {},
): CloudTemplate {
  return { ...rest, Resources: resources };
}

/** The same as it comes from a synthesis; `assetPaths` are folders by hash. */
export function stackOf(
  resources: Record<string, CloudResource>,
  assetPaths: Record<string, string> = {},
): SynthesisedStack {
  return { stackName: 'Test', template: templateOf(resources), assetPaths };
}
