// How events are brought to a receiver that refuses or is away, and from a relay that does not answer for a while.
import { describe, expect, it } from 'vitest';
import { Webhook } from 'standardwebhooks';
import { CommandFailure } from '../../../cli/command-failure.ts';
import { eventsOfTable } from '../../../cli/event-source.ts';
import { forwardEvents } from '../../../cli/forward-events.ts';
import type { EventSource, IncomingEvent } from '../../../cli/event-source.ts';
import type { Forwarded } from '../../../cli/forward-events.ts';

const secretText = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

function eventOf(id: string): IncomingEvent {
  return { id, type: 'task.completed', body: `{"type":"task.completed","data":{"id":"${id}"}}` };
}

function answered(status: number): Forwarded {
  return { kind: 'answered', status, durationMs: 3 };
}

const unheard: Forwarded = { kind: 'unheard', cause: 'ECONNREFUSED', durationMs: 1 };

/** Ports that answer 200 to everything, and note what they are told. */
function portsOf(source: EventSource) {
  const told: string[] = [];
  const reached: string[] = [];
  return {
    ...{ source, told, reached, secrets: () => [secretText], now: Date.now },
    call: () => Promise.resolve(answered(200)),
    pause: () => Promise.resolve(),
    reach: (after: string) => void reached.push(after),
    passOver: (id: string) => void told.push(`passed over ${id}`),
    tell: ({ id }: IncomingEvent) => void told.push(id),
    tellTrouble: (text: string) => void told.push(text),
  };
}

/** Reads `pages` in turn, ends when they are through or within that call; answers what `results` has next, else 200. */
async function run(
  pages: readonly (readonly IncomingEvent[] | Error)[],
  results: Forwarded[] = [],
  endsInCall = Number.POSITIVE_INFINITY,
) {
  const controller = new AbortController();
  const told: string[] = [];
  const pausesMs: number[] = [];
  const asked: string[] = [];
  const left = [...pages];
  let calls = 0;
  let reached = 'start';
  await forwardEvents(
    {
      source: {
        read: async (after) => {
          asked.push(after);
          const page = left.shift();
          if (page instanceof Error) throw page;
          if (page === undefined) controller.abort();
          return { events: page ?? [], next: page === undefined ? after : `${after}+` };
        },
      },
      call: async (headers, body) => {
        new Webhook(secretText).verify(body, { ...headers });
        calls += 1;
        if (calls === endsInCall) controller.abort();
        return results.shift() ?? answered(200);
      },
      secrets: () => [secretText],
      now: Date.now,
      reach: (after) => void (reached = after),
      passOver: (id) => void told.push(`passed over ${id}`),
      pause: async (delayMs) => void pausesMs.push(delayMs),
      tell: ({ id }, result, tries) =>
        void told.push(`${id} ${result.kind === 'answered' ? result.status : result.cause} ${tries}`),
      tellTrouble: (text, delayMs) => void told.push(`${text} ${delayMs}`),
    },
    'start',
    controller.signal,
  );
  return { told, pausesMs, asked, reached };
}

describe('forwarding', () => {
  it('sends each event once and moves the cursor page by page', async () => {
    const { told, asked, reached } = await run([[eventOf('a'), eventOf('b')], [eventOf('c')]]);
    expect(told).toEqual(['a 200 1', 'b 200 1', 'c 200 1']);
    expect(asked).toEqual(['start', 'start+', 'start++']);
    expect(reached).toBe('start++');
  });

  it('tries an event three times that the receiver answers with an error, then goes on', async () => {
    const { told } = await run([[eventOf('a'), eventOf('b')]], [500, 503, 400].map(answered));
    expect(told).toEqual(['a 500 1', 'a 503 2', 'a 400 3', 'passed over a', 'b 200 1']);
  });

  it('waits longer and longer for a receiver that is away, and gives nothing up meanwhile', async () => {
    const { told, pausesMs } = await run(
      [[eventOf('a')]],
      Array.from({ length: 8 }, () => unheard),
    );
    expect(told.at(-1)).toBe('a 200 9');
    expect(pausesMs.slice(0, 8)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('outlives a relay that does not answer, from the same cursor', async () => {
    const { told, asked } = await run([new Error('no answer'), new Error('no answer'), [eventOf('a')]]);
    expect(told).toEqual(['no answer 1000', 'no answer 2000', 'a 200 1']);
    expect(asked.slice(0, 3)).toEqual(['start', 'start', 'start']);
  });

  it('asks again a second after there was nothing', async () => {
    expect((await run([[], [eventOf('a')], []])).pausesMs).toEqual([1_000, 1_000]);
  });

  it('that is ended within a page goes on from its beginning: what was not sent is not passed over', async () => {
    const { told, reached } = await run([[eventOf('a')], [eventOf('b'), eventOf('c')]], [], 2);
    expect(told).toEqual(['a 200 1', 'b 200 1']);
    expect(reached).toBe('start+');
  });

  it('tells nothing of a call that it was ended in', async () => {
    const { told, reached } = await run([[eventOf('a')]], [unheard], 1);
    expect([told, reached]).toEqual([[], 'start']);
  });

  it('ends with what does not pass', async () => {
    await expect(run([new CommandFailure('The relay answers 401.', 'Check the key.')])).rejects.toThrow('401');
  });

  it('ends with a cursor that the table does not know, in place of asking for ever', async () => {
    const readEvents = () => expect.unreachable('nothing is read from there');
    const controller = new AbortController();
    const ports = portsOf(eventsOfTable({ readEvents }, 'acc_1', undefined));
    const ended = forwardEvents({ ...ports, tellTrouble: () => controller.abort() }, 'nonsense', controller.signal);
    await expect(ended).rejects.toThrow(CommandFailure);
    await expect(ended).rejects.toThrow('After must be a next_cursor of this list');
  });

  it('ends with what cannot be signed, where the cursor was before it', async () => {
    const controller = new AbortController();
    const pages = [[], [eventOf('a')]];
    const ports = portsOf({
      read: async (after) => ({ events: pages.shift() ?? [], next: `${after}+` }),
    });
    const broken = { ...ports, secrets: () => ['no secret'], tellTrouble: () => controller.abort() };
    await expect(forwardEvents(broken, 'start', controller.signal)).rejects.toThrow('begins with whsec_');
    expect(ports.reached).toEqual(['start+']);
  });

  it('ends at once while the relay is being read, and calls that no trouble', { timeout: 2_000 }, async () => {
    const controller = new AbortController();
    const cuts: AbortSignal[] = [];
    const ports = portsOf({
      read: (_after, cut) => {
        cuts.push(cut);
        setTimeout(() => controller.abort(), 1);
        return new Promise(() => {});
      },
    });
    await forwardEvents(ports, 'start', controller.signal);
    expect(cuts).toEqual([controller.signal]);
    expect(ports.told).toEqual([]);
  });
});
