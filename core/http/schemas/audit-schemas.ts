// The audit log as `GET /v1/audit` answers it. Held equal to public-audit.ts by the compiler, and to real answers by the
// system tests.
import * as z from 'zod';
import { moment, named, nextCursor, uuid } from './named.ts';
import { auditActions, auditOutcomes } from '../../domain/audit-entry.ts';
import type { PublicAuditEntry } from '../public-audit.ts';

export const actorSchema = z.strictObject({
  kind: z.enum(['key', 'command-line']),
  account: z.string().nullable().meta({ description: 'Account of the key.' }),
  key_id: z.string().nullable(),
  key_hint: z.string().nullable(),
  key_name: z.string().nullable(),
  principal: z.string().nullable().meta({ description: 'User and machine at the command line.' }),
});

const auditEntrySchema = named(
  'AuditEntry',
  'One act: who did what, on what, why and when.',
  z.strictObject({
    id: uuid,
    at: moment,
    actor: actorSchema,
    action: z.enum(auditActions),
    target: z.string().nullable().meta({ description: 'Id of what it was done to.' }),
    account: z.string().nullable().meta({ description: 'Whose the target is, where that is known.' }),
    changes: z
      .record(z.string(), z.union([z.number(), z.string(), z.boolean()]).nullable())
      .nullable()
      .meta({
        description:
          'New values of an account’s change, by the fields of AccountChange, `name` and `is_operator`; null for every other act.',
      }),
    reason: z.string().nullable(),
    outcome: z.enum(auditOutcomes).meta({
      description:
        '`begun` where the relay died within the act; `unchanged` where it was so already, `partly` where some of it was left undone; after `failed` it may have happened.',
    }),
    error: z
      .string()
      .nullable()
      .meta({ description: 'Why it was refused, what was left undone, or the kind of the fault.' }),
  }),
) satisfies z.ZodType<PublicAuditEntry>;

export const auditListSchema = named(
  'AuditList',
  'Entries of the audit log, newest first.',
  z.strictObject({ data: z.array(auditEntrySchema), next_cursor: nextCursor }),
);
