// The one suite that every sender of doorbells must pass, whatever queue is behind it.
// What becomes of bells that a queue turns away, no emulator shows: test/unit/core/sqs-doorbells.test.ts has that.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDoorbell } from '../../../core/contract/messages.ts';
import type { Bell, Doorbell, Queue } from '../../../core/contract/messages.ts';
import type { Doorbells } from '../../../core/ports/ports.ts';

export interface DoorbellsPlace {
  readonly doorbells: Doorbells;
  /**
   * What has been heard so far of one queue, each taken once, in the order it came.
   * Waits for so many, or until `withinMs` of the place's own time have passed.
   */
  hear(queue: Queue, count: number, withinMs: number): Promise<readonly HeardBell[]>;
  close?(): Promise<void>;
}

export interface HeardBell {
  readonly body: string;
  /** The place's own time between the ring and the hearing. */
  readonly afterMs: number;
}

function many(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function aboutTask(taskId: string): Doorbell {
  return { kind: 'task', taskId, attempt: 1 };
}

function taskBell(taskId: string, fields: Partial<Bell> = {}): Bell {
  return {
    queue: 'dispatch',
    doorbell: aboutTask(taskId),
    delayMs: 0,
    ...fields,
  };
}

function byId(bells: readonly (Doorbell | undefined)[]): string[] {
  return bells.map((bell) => JSON.stringify(bell)).sort();
}

export function doorbellsConformance(name: string, prepare: () => Promise<DoorbellsPlace>): void {
  describe(`doorbells over ${name}`, () => {
    let place: DoorbellsPlace;
    beforeAll(async () => {
      place = await prepare();
    });
    afterAll(async () => {
      await place.close?.();
    });
    const heard = async (queue: Queue, count: number, withinMs = 3_000): Promise<(Doorbell | undefined)[]> =>
      (await place.hear(queue, count, withinMs)).map(({ body }) => parseDoorbell(body));

    it('has nothing to do for no bells', async () => {
      expect(await place.doorbells.ring([])).toEqual({ failed: 0 });
    });

    it('brings each kind of doorbell to its own queue, as the functions read it', async () => {
      const accountId = 'acc_019b76da-a800-7000-8000-000000000000';
      const doorbells: [Queue, Doorbell][] = [
        ['dispatch', { kind: 'task', taskId: 'one', attempt: 1 }],
        ['dispatch', { kind: 'gate', gateId: 'main' }],
        ['settle', { kind: 'task', taskId: 'one', attempt: 40, look: 2 }],
        ['deliver', { kind: 'event', accountId, position: 7, eventId: 'evt' }],
        ['deliver', { kind: 'lane', laneId: 'lane', accountId }],
      ];
      const bells = doorbells.map(([queue, doorbell]): Bell => ({ queue, doorbell, delayMs: 0, group: accountId }));

      expect(await place.doorbells.ring(bells)).toEqual({ failed: 0 });
      for (const queue of ['dispatch', 'settle', 'deliver'] as const) {
        const own = doorbells.flatMap(([to, doorbell]) => (to === queue ? [doorbell] : []));
        expect(byId(await heard(queue, own.length))).toEqual(byId(own));
      }
    });

    it('brings forty-five bells, more than one call takes, each once', async () => {
      const bells = many(45).map((index) => taskBell(`task-${index}`, { group: `acc_${index % 3}` }));

      expect(await place.doorbells.ring(bells)).toEqual({ failed: 0 });
      expect(byId(await heard('dispatch', 45))).toEqual(byId(bells.map(({ doorbell }) => doorbell)));
      expect(await place.hear('dispatch', 1, 50)).toEqual([]);
    });

    it('holds a bell back for its delay, rounded up to whole seconds', async () => {
      await place.doorbells.ring([
        taskBell('late', { delayMs: 1_001 }),
        taskBell('now'),
        taskBell('soon', { delayMs: 1 }),
      ]);

      const [first, second, third] = await place.hear('dispatch', 3, 8_000);

      expect([first, second, third].map((bell) => parseDoorbell(bell?.body ?? ''))).toEqual(
        ['now', 'soon', 'late'].map(aboutTask),
      );
      expect(second?.afterMs).toBeGreaterThanOrEqual(900);
      expect(third?.afterMs).toBeGreaterThanOrEqual(1_900);
    });

    it('takes a delay longer than any queue holds as the longest, and one that has passed as none', async () => {
      const bells = [taskBell('never', { delayMs: 86_400_000 }), taskBell('passed', { delayMs: -5_000 })];

      expect(await place.doorbells.ring(bells)).toEqual({ failed: 0 });
      expect(await heard('dispatch', 2, 1_500)).toEqual([aboutTask('passed')]);
    });

    it('brings a bell whose group no queue would take', async () => {
      const groups = ['with space', 'ümlaut', '', 'x'.repeat(129)];

      expect(await place.doorbells.ring(groups.map((group, index) => taskBell(`g${index}`, { group })))).toEqual({
        failed: 0,
      });
      expect(await heard('dispatch', 4)).toHaveLength(4);
    });
  });
}
