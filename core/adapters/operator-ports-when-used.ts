// The ports of operators' calls, loaded with the first use of one: most processes of the api serve clients only.
// operator-ports.ts makes them.
import type { OperatorPorts, OperatorPortsOptions } from './operator-ports.ts';

/** {@link OperatorPorts} whose module is loaded by the first call of any. */
export function makeOperatorPortsWhenUsed(options: OperatorPortsOptions): OperatorPorts {
  let loading: Promise<OperatorPorts> | undefined;
  const loaded = (): Promise<OperatorPorts> =>
    (loading ??= import('./operator-ports.ts').then(({ makeOperatorPorts }) => makeOperatorPorts(options)));
  return {
    audit: {
      write: async (entry) => (await loaded()).audit.write(entry),
      read: async (query) => (await loaded()).audit.read(query),
    },
    letters: {
      count: async (queue) => (await loaded()).letters.count(queue),
      peek: async (queue, max) => (await loaded()).letters.peek(queue, max),
      redrive: async (queue, asked) => (await loaded()).letters.redrive(queue, asked),
    },
  };
}
