// The maker of upload forms, loaded with its first use: most processes of the api never make one.
// s3-upload-form.ts makes them.
import type { UploadForms } from '../ports/output-ports.ts';
import type { S3SignerOptions } from './s3-signer.ts';

/** {@link UploadForms} whose module is loaded by the first call. */
export function makeUploadFormsWhenUsed(options: S3SignerOptions): UploadForms {
  return {
    makeForm: async (upload) => (await import('./s3-upload-form.ts')).makeUploadForms(options).makeForm(upload),
  };
}
