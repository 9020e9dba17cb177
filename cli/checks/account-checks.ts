// Checks of who may call whom: the relay's key at Get3W, what Get3W says of it, and the keys of the relay's own clients.
// Get3W itself is not called: a key proves itself with the first task, and the gate remembers the answer.
import { DEFAULT_GATE_ID } from '../../core/domain/gate/gate.ts';
import { publicGate } from '../../core/http/public-gate.ts';
import { hasKey } from '../commands/secret-commands.ts';
import { timeText } from '../terminal.ts';
import { failed, ok, skipped, warning } from './check.ts';
import type { Check } from './check.ts';

const keyCheck: Check = {
  name: 'Get3W key',
  run: async ({ target }) => {
    if (target.kind === 'local' || target.simulatorUrl !== undefined)
      return skipped('None is needed: a simulator stands in for Get3W.');
    return (await hasKey(target))
      ? ok('The secret holds a key.')
      : failed('The secret is empty: every task waits.', '`npm run relay -- secret set` stores it.');
  },
};

const gateCheck: Check = {
  name: 'gate',
  run: async ({ ports: { store } }) => {
    const { pause, operator_pause: byOperator, circuits } = publicGate(await store.loadGate(DEFAULT_GATE_ID));
    if (pause?.['reason'] === 'account') {
      const advice = 'Mend key or balance at Get3W, store a new key with `secret set`, then `gate resume`.';
      return failed(`Get3W refuses the account with ${pause['http_status']}; every task waits.`, advice);
    }
    if (byOperator) {
      const text = `${byOperator.by} paused it at ${timeText(byOperator.since)}; every task waits.`;
      return warning(text, '`npm run relay -- gate resume` lifts it.');
    }
    if (circuits.length > 0) {
      const names = circuits.map(({ model }) => model).join(', ');
      return warning(
        `Nearly everything fails for ${names}; these tasks wait.`,
        'Ask Get3W, or wait: it is tried again.',
      );
    }
    return pause
      ? ok(`Get3W asked for a pause until ${timeText(pause['until'])}; it ends by itself.`)
      : ok('It is open.');
  },
};

const clientCheck: Check = {
  name: 'accounts',
  run: async ({ ports: { store } }) => {
    const accounts = await store.listAccounts();
    const keys = (await Promise.all(accounts.map(({ id }) => store.listKeys(id)))).flat();
    const good = keys.filter(({ revokedAt }) => revokedAt === undefined).length;
    return good > 0
      ? ok(`${accounts.length} accounts, ${good} keys.`)
      : failed('Nobody has a key that is good.', '`npm run relay -- init` makes the first account and key.');
  },
};

export const accountChecks: readonly Check[] = [keyCheck, gateCheck, clientCheck];
