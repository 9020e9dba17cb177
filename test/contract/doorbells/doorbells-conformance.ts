// The one suite that every sender of doorbells must pass, whatever queue is behind it.
// No emulator shows doorbells that a queue refuses: test/unit/core/sqs-doorbells.test.ts tests those.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDoorbell } from '../../../core/contract/messages.ts';
import type { OutgoingDoorbell, Doorbell, Queue } from '../../../core/contract/messages.ts';
import type { Doorbells } from '../../../core/ports/ports.ts';

export interface DoorbellsPlace {
  readonly doorbells: Doorbells;
  /**
   * What has been received so far of one queue, each taken once, in the order of arrival.
   * Waits for that many, or until `withinMs` of the place's own time have passed.
   */
  hear(queue: Queue, count: number, withinMs: number): Promise<readonly ArrivedDoorbell[]>;
  close?(): Promise<void>;
}

export interface ArrivedDoorbell {
  readonly body: string;
  /** The place's own time between sending and receiving. */
  readonly afterMs: number;
}

function many(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function aboutTask(taskId: string): Doorbell {
  return { kind: 'task', taskId, attempt: 1 };
}

function outgoingOf(taskId: string, fields: Partial<OutgoingDoorbell> = {}): OutgoingDoorbell {
  return {
    queue: 'dispatch',
    doorbell: aboutTask(taskId),
    delayMs: 0,
    ...fields,
  };
}

function byId(outgoing: readonly (Doorbell | undefined)[]): string[] {
  return outgoing.map((message) => JSON.stringify(message)).sort();
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

    it('has nothing to do for no doorbells', async () => {
      expect(await place.doorbells.send([])).toEqual({ failed: 0 });
    });

    it('brings each kind of doorbell to its own queue, as the functions read it', async () => {
      const accountId = 'acc_019b76da-a800-7000-8000-000000000000';
      const doorbells: [Queue, Doorbell][] = [
        ['dispatch', { kind: 'task', taskId: 'one', attempt: 1 }],
        ['dispatch', { kind: 'gate', gateId: 'main' }],
        ['settle', { kind: 'task', taskId: 'one', attempt: 40, poll: 2 }],
        ['deliver', { kind: 'event', accountId, position: 7, eventId: 'evt' }],
        ['deliver', { kind: 'lane', laneId: 'lane', accountId }],
      ];
      const outgoing = doorbells.map(([queue, doorbell]): OutgoingDoorbell => ({
        queue,
        doorbell,
        delayMs: 0,
        group: accountId,
      }));

      expect(await place.doorbells.send(outgoing)).toEqual({ failed: 0 });
      for (const queue of ['dispatch', 'settle', 'deliver'] as const) {
        const own = doorbells.flatMap(([to, doorbell]) => (to === queue ? [doorbell] : []));
        expect(byId(await heard(queue, own.length))).toEqual(byId(own));
      }
    });

    it('brings forty-five doorbells, more than one call takes, each once', async () => {
      const outgoing = many(45).map((index) => outgoingOf(`task-${index}`, { group: `acc_${index % 3}` }));

      expect(await place.doorbells.send(outgoing)).toEqual({ failed: 0 });
      expect(byId(await heard('dispatch', 45))).toEqual(byId(outgoing.map(({ doorbell }) => doorbell)));
      expect(await place.hear('dispatch', 1, 50)).toEqual([]);
    });

    it('holds a doorbell back for its delay, rounded up to whole seconds', async () => {
      await place.doorbells.send([
        outgoingOf('late', { delayMs: 1_001 }),
        outgoingOf('now'),
        outgoingOf('soon', { delayMs: 1 }),
      ]);

      const [first, second, third] = await place.hear('dispatch', 3, 8_000);

      expect([first, second, third].map((message) => parseDoorbell(message?.body ?? ''))).toEqual(
        ['now', 'soon', 'late'].map(aboutTask),
      );
      expect(second?.afterMs).toBeGreaterThanOrEqual(900);
      expect(third?.afterMs).toBeGreaterThanOrEqual(1_900);
    });

    it('takes a delay longer than any queue holds as the longest, and one that has passed as none', async () => {
      const outgoing = [outgoingOf('never', { delayMs: 86_400_000 }), outgoingOf('passed', { delayMs: -5_000 })];

      expect(await place.doorbells.send(outgoing)).toEqual({ failed: 0 });
      expect(await heard('dispatch', 2, 1_500)).toEqual([aboutTask('passed')]);
    });

    it('brings a doorbell whose group no queue would take', async () => {
      const groups = ['with space', 'ümlaut', '', 'x'.repeat(129)];

      expect(await place.doorbells.send(groups.map((group, index) => outgoingOf(`g${index}`, { group })))).toEqual({
        failed: 0,
      });
      expect(await heard('dispatch', 4)).toHaveLength(4);
    });
  });
}
