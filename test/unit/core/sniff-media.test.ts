import { describe, expect, it } from 'vitest';
import { sniffMedia } from '../../../core/domain/media/sniff-media.ts';

function bytes(...parts: (string | readonly number[])[]): Buffer {
  return Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))),
  );
}

function zeros(count: number): readonly number[] {
  return Array.from({ length: count }, () => 0);
}

const png = bytes('\x89PNG\r\n\x1a\n', [0, 0, 0, 13], 'IHDR', [0, 0, 4, 0], [0, 0, 2, 0x58], [8, 6, 0, 0, 0]);

function frame(marker: number): readonly number[] {
  return [0xff, marker, 0, 17, 8, 0x01, 0xe0, 0x02, 0x80, 3];
}

const jpegHead = [0xff, 0xd8, 0xff, 0xe0, 0, 16, ...zeros(14)];

describe('the first bytes of a file', () => {
  it.each([
    ['PNG', png, { contentType: 'image/png', width: 1024, height: 600 }],
    ['JPEG', bytes(jpegHead, frame(0xc0), zeros(20)), { contentType: 'image/jpeg', width: 640, height: 480 }],
    [
      'progressive JPEG',
      bytes(jpegHead, frame(0xc2), zeros(20)),
      { contentType: 'image/jpeg', width: 640, height: 480 },
    ],
    ['GIF', bytes('GIF89a', [0x40, 1, 0xf0, 0]), { contentType: 'image/gif', width: 320, height: 240 }],
    [
      'lossy WebP',
      bytes('RIFF', zeros(4), 'WEBPVP8 ', zeros(4), [0, 0, 0, 0x9d, 1, 0x2a], [0x80, 2], [0xe0, 1], zeros(8)),
      { contentType: 'image/webp', width: 640, height: 480 },
    ],
    [
      'lossless WebP',
      bytes('RIFF', zeros(4), 'WEBPVP8L', zeros(4), [0x2f], [0x7f, 0xc2, 0x77, 0], zeros(8)),
      { contentType: 'image/webp', width: 640, height: 480 },
    ],
    [
      'extended WebP',
      bytes('RIFF', zeros(4), 'WEBPVP8X', zeros(4), zeros(4), [0x7f, 2, 0], [0xdf, 1, 0]),
      { contentType: 'image/webp', width: 640, height: 480 },
    ],
    ['MP4', bytes([0, 0, 0, 24], 'ftypisom', zeros(8)), { contentType: 'video/mp4' }],
    ['QuickTime', bytes([0, 0, 0, 24], 'ftypqt  ', zeros(8)), { contentType: 'video/quicktime' }],
    ['AVIF', bytes([0, 0, 0, 24], 'ftypavif', zeros(8)), { contentType: 'image/avif' }],
    ['WebM', bytes([0x1a, 0x45, 0xdf, 0xa3], zeros(20)), { contentType: 'video/webm' }],
    ['MP3', bytes('ID3', zeros(20)), { contentType: 'audio/mpeg' }],
    ['WAV', bytes('RIFF', zeros(4), 'WAVEfmt '), { contentType: 'audio/wav' }],
    ['a page', bytes('\n<!DOCTYPE html><title>502</title>'), { contentType: 'text/html' }],
  ])('show %s, and the size of an image', (_name, file, found) => {
    expect(sniffMedia(file)).toEqual(found);
  });

  it('show nothing of a format that is not known, and of an empty file', () => {
    expect(sniffMedia(bytes('just some text'))).toBeUndefined();
    expect(sniffMedia(bytes())).toBeUndefined();
  });

  it('show the format of an image that breaks off before its size', () => {
    for (let length = 12; length < 24; length += 1) {
      expect(sniffMedia(png.subarray(0, length))).toEqual({ contentType: 'image/png' });
    }
    expect(sniffMedia(bytes(jpegHead, [0xff, 0xc0, 0]))).toEqual({ contentType: 'image/jpeg' });
  });

  it('end for a JPEG whose segments lead nowhere', () => {
    expect(sniffMedia(bytes([0xff, 0xd8, 0xff, 0xe0, 0, 0], zeros(40)))).toEqual({ contentType: 'image/jpeg' });
    expect(
      sniffMedia(
        bytes(
          [0xff, 0xd8],
          Array.from({ length: 400 }, () => 0xff),
        ),
      ),
    ).toEqual({
      contentType: 'image/jpeg',
    });
  });
});
