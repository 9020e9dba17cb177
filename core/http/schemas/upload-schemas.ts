// An upload as it is asked for and answered, for the OpenAPI document; functions/api/upload-calls.ts answers it.
// Held to real answers by the system tests.
import * as z from 'zod';
import { moment, named } from './named.ts';

export const newUploadSchema = named(
  'NewUpload',
  'A file that is to be uploaded.',
  z.strictObject({
    content_type: z.string().meta({ description: 'Media type without parameters, such as `image/png`.' }),
    bytes: z.int().min(1).meta({ description: 'Its exact size; `media.uploadBytesMax` at most.' }),
  }),
);

export const uploadSchema = named(
  'Upload',
  'A form by which the file can be put into the bucket, and its address from then on.',
  z.strictObject({
    file_url: z.url().meta({
      description:
        'For the body of a submit. It redirects to the file once a submit has named it, for as long as the task can run and is kept; without one the file is deleted after a day.',
    }),
    form: z.strictObject({
      method: z.literal('POST'),
      url: z.url(),
      fields: z
        .record(z.string(), z.string())
        .meta({ description: 'Send them as `multipart/form-data` in this order, then the file as `file`.' }),
    }),
    expires_at: moment.meta({ description: 'Until when the form is good: a quarter of an hour.' }),
  }),
);
