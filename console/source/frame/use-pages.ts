// A list of the API: its first page, which is polled, and further ones on demand. Lists of all accounts may have short
// pages although more follows; such a list is read on until there is something to show.
import { useEffect, useState } from 'preact/hooks';
import { queryOf, RelayRefusal } from '../relay/relay-client.ts';
import { usualPace } from './pace.ts';
import { useRelay } from './relay-context.ts';
import { usePolled } from './use-polled.ts';
import type { RelayClient } from '../relay/relay-client.ts';
import type { Polled } from './use-polled.ts';

interface Page<Row> {
  readonly data: readonly Row[];
  readonly next_cursor: string | null;
}

type Query = Readonly<Record<string, string | number | undefined>>;

export interface Pages<Row, First extends Page<Row> = Page<Row>> {
  readonly polled: Polled<First>;
  /** Of all pages, each once. */
  readonly rows: readonly Row[];
  /** Undefined when there are no more. */
  readonly showMore: (() => Promise<void>) | undefined;
}

interface PagesOptions {
  /** Calls for one page that may be made until it has a row. @default 1 */
  readonly callsMax?: number;
  /** While true, the list stays as it is. */
  readonly isHeld?: boolean;
}

async function loadPage<Row, First extends Page<Row>>(
  client: RelayClient,
  path: string,
  query: Query,
  { callsMax, signal }: { readonly callsMax: number; readonly signal?: AbortSignal },
): Promise<First> {
  let page = await client.get<First>(`${path}${queryOf(query)}`, signal);
  for (let call = 1; call < callsMax && page.data.length === 0 && page.next_cursor !== null; call += 1) {
    page = await client.get<First>(`${path}${queryOf({ ...query, cursor: page.next_cursor })}`, signal);
  }
  return page;
}

/** @param query undefined while the page does not know it yet: nothing is asked. */
export function usePages<Row extends { readonly id: string }, First extends Page<Row> = Page<Row>>(
  path: string,
  query: Query | undefined,
  { callsMax = 1, isHeld = false }: PagesOptions = {},
): Pages<Row, First> {
  const { client, local } = useRelay();
  const key = `${path}${query ? queryOf(query) : ' not yet'}`;
  const nothing = { data: [], next_cursor: null } as unknown as First;
  const polled = usePolled<First>({
    key,
    pace: () => usualPace(local),
    isHeld,
    load: (signal) =>
      query ? loadPage<Row, First>(client, path, query, { callsMax, signal }) : Promise.resolve(nothing),
  });
  const [further, setFurther] = useState<readonly Page<Row>[]>([]);
  useEffect(() => setFurther([]), [key]);
  const cursor = (further.at(-1) ?? polled.value)?.next_cursor ?? undefined;
  const showMore = async (): Promise<void> => {
    try {
      const page = await loadPage<Row, First>(client, path, { ...query, cursor }, { callsMax });
      setFurther((pages) => [...pages, page]);
    } catch (error) {
      // The first page is polled anyway and shows what is wrong.
      if (!(error instanceof RelayRefusal)) throw error;
    }
  };
  // New rows push the last ones of the first page into the second: show each once.
  const all = [polled.value, ...further].flatMap((page) => page?.data ?? []);
  const rows = [...new Map(all.map((row) => [row.id, row])).values()];
  return { polled, rows, showMore: cursor === undefined ? undefined : showMore };
}
