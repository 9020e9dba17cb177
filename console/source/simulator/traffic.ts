// Tasks that this page itself submits at a steady rate for as long as it is open: enough for meaningful rates, and for
// alarms to fire. It goes on while other views are shown.
import { useEffect, useState } from 'preact/hooks';
import { RelayRefusal } from '../relay/relay-client.ts';
import type { RelayClient } from '../relay/relay-client.ts';

const TRAFFIC_MODEL = 'demo/image-1/text-to-image';
export const TRAFFIC_MAX = 20;

interface Traffic {
  readonly perSecond: number;
  readonly sent: number;
  /** The relay's last answer that refused a task. */
  readonly refusal: string | undefined;
}

let traffic: Traffic = { perSecond: 0, sent: 0, refusal: undefined };
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<(traffic: Traffic) => void>();

function change(part: Partial<Traffic>): void {
  traffic = { ...traffic, ...part };
  listeners.forEach((listener) => listener(traffic));
}

async function submit(client: RelayClient): Promise<void> {
  try {
    await client.post(`/v1/${TRAFFIC_MODEL}`, { prompt: `traffic of the console, number ${traffic.sent + 1}` });
    change({ sent: traffic.sent + 1, refusal: undefined });
  } catch (error) {
    if (!(error instanceof RelayRefusal)) throw error;
    change({ refusal: error.message });
  }
}

export function stopTraffic(): void {
  clearInterval(timer);
  change({ perSecond: 0, refusal: undefined });
}

/** @param perSecond 0 stops it. */
export function sendTraffic(client: RelayClient, perSecond: number): void {
  stopTraffic();
  if (perSecond === 0) return;
  timer = setInterval(() => void submit(client), 1_000 / perSecond);
  change({ perSecond });
}

export function useTraffic(): Traffic {
  const [known, setKnown] = useState(traffic);
  useEffect(() => {
    listeners.add(setKnown);
    return () => void listeners.delete(setKnown);
  }, []);
  return known;
}
