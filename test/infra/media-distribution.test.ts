// A distribution of one's own in front of the bucket: what the api function is told of it, and may read.
import { expect, it } from 'vitest';
import { defaultTemplate, synthesise } from '../support/relay-template.ts';
import type { RelayTemplate } from '../support/relay-template.ts';

const SECRET_ARN = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:media-key-AbCdEf';
const mediaDistribution = { domain: 'media.example.com', keyPairId: 'K2JCJMDEHXQW5F', privateKeySecretArn: SECRET_ARN };

function withVariable({ ofType }: RelayTemplate): readonly (readonly [string, unknown])[] {
  return ofType('AWS::Lambda::Function').flatMap(({ id, properties }) => {
    const text = properties.Environment?.Variables?.MEDIA_DISTRIBUTION as string | undefined;
    return text === undefined ? [] : [[id, JSON.parse(text) as unknown] as const];
  });
}

it('is told to the api alone, which may read its private key; without one nothing is said of it', () => {
  const template = synthesise({ mediaDistribution });
  const { domain, keyPairId } = mediaDistribution;
  const told = { domain, keyPairId, secretArn: SECRET_ARN };
  expect(withVariable(template)).toEqual([[expect.stringContaining('ApiHandler'), told]]);
  const readers = template.ofType('AWS::IAM::Role').filter((one) => JSON.stringify(one).includes(SECRET_ARN));
  const policies = template.ofType('AWS::IAM::Policy').filter((one) => JSON.stringify(one).includes(SECRET_ARN));
  expect([...readers, ...policies].map(({ id }) => id)).toEqual([expect.stringContaining('Api')]);
  expect(withVariable(defaultTemplate())).toEqual([]);
});

it('is refused with an address in place of its host name', () => {
  const wrong = { ...mediaDistribution, domain: 'https://media.example.com' };
  expect(() => synthesise({ mediaDistribution: wrong })).toThrow('mediaDistribution.domain must be a host name');
});
