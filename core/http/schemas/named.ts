// Small helpers of the API's schemas: a name under which the OpenAPI document lists a schema, and the formats that many
// fields share. Not in any bundle: the document is made before deployment, and tests hold real answers to the schemas.
import * as z from 'zod';

/** Puts a schema among the document's components. @param id PascalCase, unique. */
export function named<Schema extends z.ZodType>(id: string, description: string, schema: Schema): Schema {
  return schema.meta({ id, description });
}

/** ISO 8601 in UTC with milliseconds, as every time in an answer. */
export const moment = z.iso.datetime({ precision: 3 });

/** A moment as requests may give it: with a time zone, or a day alone. */
export const givenMoment = z.union([z.iso.datetime({ offset: true }), z.iso.date()]);

/** Of a parameter that is a moment: what a day means there. */
export const DAY_ALONE = 'A day alone is the moment at which it begins, in UTC.';

/** A flag of a query, in the spellings that common clients send. */
export const flag = z.union([z.boolean(), z.enum(['true', 'false', 'True', 'False', '1', '0'])]);

export const uuid = z.uuid().meta({ examples: ['019a3f0e-5c1d-7b2a-9d44-6f1c2b3a4d5e'] });

export const nextCursor = z
  .string()
  .nullable()
  .meta({ description: 'Where the list continues; null at its end. A page may be shorter than its `limit`.' });

/** Whose a thing is: only operators are told. */
export const ownerField = z
  .string()
  .exactOptional()
  .meta({ description: "The account whose it is; only in answers to operators' keys." });

/** Any JSON value. */
export const anyJson = z.unknown();
