// The call that shows an account: its limits, and what it uses of them, from a bounded number of reads.
// The command line changes accounts; key-calls.ts has the calls about keys.
import { isLive } from '../../core/domain/api-key.ts';
import { DEFAULT_GATE_ID } from '../../core/domain/gate/gate.ts';
import { waitingOf, tasksIn } from '../../core/domain/gate/gate-view.ts';
import { documentedFailure } from '../../core/http/http-failure.ts';
import { publicAccount } from '../../core/http/public-account.ts';
import { askedAccount } from './asked-account.ts';
import type { Account } from '../../core/domain/account.ts';
import type { Caller } from '../../core/flows/authenticate.ts';
import type { AccountUse } from '../../core/http/public-account.ts';
import type { Answer } from '../../core/http/answer.ts';
import type { Query } from '../../core/http/read-query.ts';
import type { AccountStore, KeyStore } from '../../core/ports/ports.ts';
import type { WebhookApiPorts } from './webhook-ports.ts';

type AccountPorts = WebhookApiPorts & { readonly accounts: AccountStore & KeyStore };

/** @throws HttpFailure 404 when an operator asks for an account that does not exist. */
export async function getAccount(ports: AccountPorts, caller: Caller, query: Query): Promise<Answer> {
  const asked = askedAccount(caller.account, query['account']);
  const account = asked === caller.owner.id ? caller.owner : await ports.accounts.loadAccount(asked);
  if (!account) throw documentedFailure(404);
  const use = await useOf(ports, account);
  return { status: 200, body: publicAccount(account, use, ports.settings.shares) };
}

async function useOf(ports: AccountPorts, { id, activeTasks, concurrentTasksMax }: Account): Promise<AccountUse> {
  const { store, webhooks, accounts, clock } = ports;
  const [queues, endpoints, keys] = await Promise.all([
    store.loadQueues(DEFAULT_GATE_ID, id),
    webhooks.listEndpoints(id),
    accounts.listKeys(id),
  ]);
  const waiting = queues ? waitingOf(queues) : [];
  return {
    unfinished_tasks: concurrentTasksMax === undefined ? null : activeTasks,
    waiting_tasks: tasksIn(queues),
    waiting: waiting.map(({ model, kind, tasks }) => ({ model, kind, tasks })),
    endpoints: endpoints.length,
    keys: keys.filter((key) => isLive(key, clock.now())).length,
  };
}
