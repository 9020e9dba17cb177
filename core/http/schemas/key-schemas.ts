// The messages about keys: a key to be made, the key as answers show it, and the list of an account.
// Held equal to public-key.ts by the compiler, and to real answers by the system tests.
import * as z from 'zod';
import { givenMoment, moment, named } from './named.ts';
import { scopes } from '../../domain/api-key.ts';
import { limits } from '../../domain/limits.ts';
import type { PublicKey } from '../public-key.ts';

const keyFields = {
  id: z.string().meta({ examples: ['3f9a0c1be2d4'] }),
  name: z.string().nullable(),
  hint: z.string().meta({ description: 'First characters of the key.', examples: ['sk_get3wrelay_Ab3d'] }),
  scopes: z.array(z.enum(scopes)),
  created_at: moment,
  created_by: z
    .string()
    .nullable()
    .meta({ description: '`key:` and the id of the key that made it, or `cli:` and who ran the command.' }),
  expires_at: moment.nullable(),
  revoked_at: moment.nullable(),
  last_used_at: moment.nullable().meta({
    description:
      'When the hour began in which it was last used: it is kept by the hour. Null for a key that was never used.',
  }),
};

export const keySchema = named(
  'Key',
  'A key of the account. Its text is never shown again.',
  z.strictObject(keyFields),
) satisfies z.ZodType<PublicKey>;

export const createdKeySchema = named(
  'CreatedKey',
  'The key, and its text, which no other answer shows.',
  z.strictObject({
    ...keyFields,
    key: z.string().meta({
      description:
        'Send it as `Authorization: Bearer <key>`. Its form is `^sk_get3wrelay_[0-9A-Za-z]{55}$`, of which the last six characters are a checksum.',
    }),
  }),
);

export const keyListSchema = named(
  'KeyList',
  'The keys of the account that are kept, oldest first: those that are good, and the latest of the others.',
  z.strictObject({ data: z.array(keySchema) }),
);

export const newKeySchema = named(
  'NewKey',
  'A key to be made; it has the scopes and the end of the key that makes it, unless it is given less.',
  z.strictObject({
    name: z.string().min(1).max(limits.keyNameCharsMax).nullable().optional(),
    scopes: z
      .array(z.enum(['submit', 'read', 'webhooks']))
      .min(1)
      .nullable()
      .optional()
      .meta({ description: 'Only scopes that the calling key has.' }),
    expires_at: givenMoment.nullable().optional(),
  }),
);
