// Reads from the first bytes of a file what it is, and the size of an image. What a server says of its file is a claim;
// these bytes are the file. Formats: PNG, JPEG, WebP, GIF, AVIF, MP4, QuickTime, WebM, MP3, WAV, Ogg, GLB, PDF, HTML.
// Sources: the formats' own specifications (PNG 5.2 and 11.2.2, JPEG B.2.2, WebP container, GIF89a 18, ISO 14496-12).

export interface SniffedMedia {
  readonly contentType: string;
  readonly width?: number;
  readonly height?: number;
}

/** How many bytes `sniffMedia` looks at, at most: the size of a JPEG stands behind its preview. */
export const SNIFFED_BYTES_MAX = 262_144;

function textAt(bytes: Buffer, from: number, to: number): string {
  return bytes.toString('latin1', from, to);
}

/** @returns undefined for a format that it does not know. */
export function sniffMedia(bytes: Buffer): SniffedMedia | undefined {
  return sniffImage(bytes) ?? sniffOther(bytes);
}

function sniffImage(bytes: Buffer): SniffedMedia | undefined {
  if (textAt(bytes, 0, 8) === '\x89PNG\r\n\x1a\n') return { contentType: 'image/png', ...sizeOfPng(bytes) };
  if (textAt(bytes, 0, 3) === '\xff\xd8\xff') return { contentType: 'image/jpeg', ...sizeOfJpeg(bytes) };
  if (/^GIF8[79]a/.test(textAt(bytes, 0, 6))) return { contentType: 'image/gif', ...sizeOfGif(bytes) };
  if (textAt(bytes, 0, 4) === 'RIFF' && textAt(bytes, 8, 12) === 'WEBP') {
    return { contentType: 'image/webp', ...sizeOfWebp(bytes) };
  }
  return undefined;
}

function sniffOther(bytes: Buffer): SniffedMedia | undefined {
  const head = textAt(bytes, 0, 16);
  const contentType =
    isoMediaType(head) ??
    plainTypes.find(({ pattern }) => pattern.test(head))?.contentType ??
    (isHtml(bytes) ? 'text/html' : undefined);
  return contentType === undefined ? undefined : { contentType };
}

const plainTypes = [
  // EBML, which begins with a control character.
  { pattern: /^\cZ\x45\xdf\xa3/, contentType: 'video/webm' },
  { pattern: /^RIFF[^]{4}WAVE/, contentType: 'audio/wav' },
  { pattern: /^OggS/, contentType: 'audio/ogg' },
  { pattern: /^(ID3|\xff[\xfb\xf3\xf2])/, contentType: 'audio/mpeg' },
  { pattern: /^fLaC/, contentType: 'audio/flac' },
  { pattern: /^glTF/, contentType: 'model/gltf-binary' },
  { pattern: /^%PDF-/, contentType: 'application/pdf' },
] as const;

/** Files of ISO's base media format name their brand behind `ftyp`. */
function isoMediaType(head: string): string | undefined {
  if (head.slice(4, 8) !== 'ftyp') return undefined;
  const brand = head.slice(8, 12);
  if (brand === 'avif' || brand === 'avis') return 'image/avif';
  return brand === 'qt  ' ? 'video/quicktime' : 'video/mp4';
}

function isHtml(bytes: Buffer): boolean {
  return /^\s*(<!doctype html|<html|<head|<body)/i.test(textAt(bytes, 0, 256).replace(/^\xef\xbb\xbf/, ''));
}

type Size = Pick<SniffedMedia, 'width' | 'height'>;

function sizeOfPng(bytes: Buffer): Size {
  if (bytes.length < 24 || textAt(bytes, 12, 16) !== 'IHDR') return {};
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

function sizeOfGif(bytes: Buffer): Size {
  return bytes.length < 10 ? {} : { width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) };
}

/** Three forms: lossy (`VP8 `), lossless (`VP8L`), extended (`VP8X`); each has the size at another place. */
function sizeOfWebp(bytes: Buffer): Size {
  if (bytes.length < 30) return {};
  switch (textAt(bytes, 12, 16)) {
    case 'VP8 ':
      return { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff };
    case 'VP8L': {
      const bits = bytes.readUInt32LE(21);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case 'VP8X':
      return { width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 };
    default:
      return {};
  }
}

/** Markers of frames, SOF0 to SOF15, without the three in between that are none (DHT, JPG, DAC). */
function isFrameMarker(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

/** The frame stands behind segments of any length, each of which says how long it is. */
function sizeOfJpeg(bytes: Buffer): Size {
  let at = 2;
  while (at + 9 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) {
      // Segments may be filled up with any number of these.
      at += 1;
      continue;
    }
    if (isFrameMarker(marker)) return { width: bytes.readUInt16BE(at + 7), height: bytes.readUInt16BE(at + 5) };
    const segmentBytes = bytes.readUInt16BE(at + 2);
    if (segmentBytes < 2) return {};
    at += 2 + segmentBytes;
  }
  return {};
}
