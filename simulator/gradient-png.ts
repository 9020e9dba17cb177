// Draws the picture of a completed task: a real PNG, the same for the same id, in the requested aspect ratio.
// Only the necessary part of the format: 8-bit RGB, one IDAT chunk (PNG specification, sections 5 and 11).
import { createHash } from 'node:crypto';
import { crc32, deflateSync } from 'node:zlib';

const LONG_SIDE_PIXELS = 320;
const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/**
 * A diagonal gradient between two colours taken from the id.
 * @param aspectRatio such as `16:9`; anything else is a square.
 */
export function gradientPng(id: string, aspectRatio: string | null): Buffer {
  const { width, height } = sizeOf(aspectRatio);
  const colours = createHash('sha256').update(id).digest();
  const from = colours.subarray(0, 3);
  const to = colours.subarray(3, 6);
  // Each row starts with its filter byte; 0 leaves the row unchanged.
  const rows = Buffer.alloc((width * 3 + 1) * height);
  let at = 0;
  for (let y = 0; y < height; y += 1) {
    rows[at++] = 0;
    for (let x = 0; x < width; x += 1) {
      const share = (x / width + y / height) / 2;
      for (let channel = 0; channel < 3; channel += 1) {
        const start = from[channel] ?? 0;
        rows[at++] = Math.round(start + ((to[channel] ?? 0) - start) * share);
      }
    }
  }

  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function sizeOf(aspectRatio: string | null): { width: number; height: number } {
  const [, across = '1', down = '1'] = /^([1-9]\d?):([1-9]\d?)$/.exec(aspectRatio ?? '') ?? [];
  const ratio = Number(across) / Number(down);
  // Never thinner than 8 pixels, however odd the ratio.
  const shortSide = (share: number): number => Math.max(8, Math.round(LONG_SIDE_PIXELS * share));
  return ratio >= 1
    ? { width: LONG_SIDE_PIXELS, height: shortSide(1 / ratio) }
    : { width: shortSide(ratio), height: LONG_SIDE_PIXELS };
}

function chunk(type: string, data: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(typed.length + 8);
  framed.writeUInt32BE(data.length, 0);
  typed.copy(framed, 4);
  framed.writeUInt32BE(crc32(typed), typed.length + 4);
  return framed;
}
