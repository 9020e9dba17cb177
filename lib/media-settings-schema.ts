// What a deployment may choose about media that stay, with the reason for each bound: the part of relay-settings.ts that
// is about outputs. core/domain/media/media-settings.ts documents what they mean.
import * as z from 'zod';
import { keepChoices } from '../core/domain/media/media-settings.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../core/domain/time-ms.ts';

function ms(min: number, max: number) {
  return z.int().min(min).max(max);
}

export const mediaSettingsSchema = z.strictObject({
  keep: z.enum(keepChoices),
  // S3 deletes by whole days.
  keptMs: ms(DAY_MS, 3_660 * DAY_MS).multipleOf(DAY_MS),
  // A multipart upload has 10,000 parts at most.
  outputBytesMax: z.int().min(1_000).max(50_000_000_000),
  // Lambda ends a function after 15 minutes, and its lease must be longer than it may run.
  downloadTimeoutMs: ms(SECOND_MS, 13 * MINUTE_MS),
  silenceMs: ms(100, 5 * MINUTE_MS),
  retryBaseMs: ms(0, HOUR_MS),
  retryCapMs: ms(100, DAY_MS),
  expiryMs: ms(SECOND_MS, 30 * DAY_MS),
  holdMs: ms(0, HOUR_MS),
  // S3 signs for seven days at most, and credentials of a role are good for hours.
  signedMs: ms(10 * SECOND_MS, 6 * HOUR_MS),
  // S3 takes 5 GB in one call, by a form as by a copy.
  uploadBytesMax: z.int().min(1_000).max(5_000_000_000),
  // Lambda answers 6 MB at most, and bytes as base64, a third longer.
  streamBytesMax: z.int().min(0).max(4_400_000),
});
