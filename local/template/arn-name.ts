// Extracts the name of a resource from its ARN: the last part, after the resource type if there is one.
// resource-identity.ts makes the ARNs.

/** @returns undefined when the text is not an ARN of this service. */
export function arnName(service: string, arn: string): string | undefined {
  const [prefix, , owner, , , ...resource] = arn.split(':');
  return prefix === 'arn' && owner === service ? resource.at(-1)?.split('/').at(-1) : undefined;
}
