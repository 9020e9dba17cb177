// Takes the name of a resource out of its ARN: the last part, after the resource type where there is one.
// What ARNs look like is resource-identity.ts's.

/** @returns undefined when the text is no ARN of this service. */
export function arnName(service: string, arn: string): string | undefined {
  const [prefix, , owner, , , ...resource] = arn.split(':');
  return prefix === 'arn' && owner === service ? resource.at(-1)?.split('/').at(-1) : undefined;
}
