import { describe, expect, it } from 'vitest';
import { InputRoom } from '../../../functions/dispatch/input-room.ts';

describe('the room for long inputs', () => {
  it('lets no more bytes in than it has, and everything in the end', async () => {
    const room = new InputRoom(10);
    let [held, most, done] = [0, 0, 0];
    const hold = (bytes: number) =>
      room.hold(bytes, async () => {
        held += bytes;
        most = Math.max(most, held);
        await Promise.resolve();
        held -= bytes;
        done += 1;
      });
    await Promise.all([4, 4, 4, 2, 10, 1, 9].map(hold));
    expect([most, done]).toEqual([10, 7]);
  });

  it('serves what is larger than all of it alone, and goes on after a failure', async () => {
    const room = new InputRoom(10);
    const failing = room.hold(50, () => Promise.reject(new Error('broken')));
    const next = room.hold(5, () => Promise.resolve('served'));
    await expect(failing).rejects.toThrow('broken');
    expect(await next).toBe('served');
  });
});
