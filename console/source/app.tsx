// The page as a whole: who is signed in, which view the address means, and what all views share. Each view has a
// folder of its own.
import { useEffect, useMemo, useState } from 'preact/hooks';
import { AccountView } from './accounts/account-view.tsx';
import { AccountsView } from './accounts/accounts-view.tsx';
import { AlarmsView } from './alarms/alarms-view.tsx';
import { useAlarms } from './alarms/use-alarms.ts';
import { AuditView } from './audit/audit-view.tsx';
import { FailuresView } from './failures/failures-view.tsx';
import { Link, useAddress } from './frame/navigation.tsx';
import { Notices } from './frame/notices.tsx';
import { RelayContext } from './frame/relay-context.ts';
import { titleAlarms } from './frame/page-title.ts';
import { SignIn } from './frame/sign-in.tsx';
import { TopBar } from './frame/top-bar.tsx';
import { useSession } from './frame/use-session.ts';
import { useZone } from './frame/use-zone.ts';
import { ViewGuard } from './frame/view-guard.tsx';
import { viewOf } from './frame/view-name.ts';
import { GateView } from './gate/gate-view.tsx';
import { DeadLettersView } from './letters/dead-letters-view.tsx';
import { OverviewView } from './overview/overview-view.tsx';
import { EmptyNote, ViewFrame } from './parts/view-frame.tsx';
import { findLocalRuntime } from './relay/local-runtime.ts';
import { RunbookView } from './runbook/runbook-view.tsx';
import { SimulatorView } from './simulator/simulator-view.tsx';
import { TaskView } from './task/task-view.tsx';
import { TasksView } from './tasks/tasks-view.tsx';
import { EndpointView } from './webhooks/endpoint-view.tsx';
import { WebhooksView } from './webhooks/webhooks-view.tsx';
import type { PublicAlarms } from '../../core/http/monitoring.ts';
import type { Polled } from './frame/use-polled.ts';
import type { ViewPlace } from './frame/view-name.ts';
import type { LocalRuntime } from './relay/local-runtime.ts';
import type { JSX } from 'preact';

export function App(): JSX.Element | null {
  const { client, isAsking, reason, enter, signOut } = useSession();
  const { view } = viewOf(useAddress().pathname.replace(/^\//, ''));
  // Undefined until the page knows it: views depend on it.
  const [local, setLocal] = useState<{ readonly found: LocalRuntime | undefined }>();
  useEffect(() => void findLocalRuntime().then((found) => setLocal({ found })), []);
  const access = useMemo(() => client && local && { client, local: local.found }, [client, local]);
  if (isAsking) return null;
  if (!client) return view === 'runbook' ? <OpenRunbook /> : <SignIn reason={reason} onKey={enter} />;
  if (!access) return null;
  return (
    <RelayContext.Provider value={access}>
      <SignedIn onSignOut={signOut} />
    </RelayContext.Provider>
  );
}

/** An operator whom an alarm wakes up can read what to do, with or without a key at hand. */
function OpenRunbook(): JSX.Element {
  return (
    <>
      <header class="bar-top">
        <Link to="/" class="brand">
          Get3W Relay: sign in
        </Link>
      </header>
      <main id="main">
        <RunbookView />
      </main>
    </>
  );
}

function SignedIn({ onSignOut }: { readonly onSignOut: () => void }): JSX.Element {
  const place = viewOf(useAddress().pathname.replace(/^\//, ''));
  const alarms = useAlarms();
  // Every time on the page is written again when another zone is chosen.
  useZone();
  const firing = alarms.value?.alarms.filter(({ state }) => state === 'ALARM').length;
  useEffect(() => titleAlarms(firing ?? 0), [firing]);
  return (
    <>
      <TopBar view={place.view} isOperator={alarms.refusal?.status !== 403} firing={firing} onSignOut={onSignOut} />
      <main id="main">
        <ViewGuard key={`${place.view} ${place.id ?? ''}`}>
          <View place={place} alarms={alarms} />
        </ViewGuard>
      </main>
      <Notices />
    </>
  );
}

interface ViewProps {
  readonly place: ViewPlace;
  readonly alarms: Polled<PublicAlarms>;
}

function View({ place, alarms }: ViewProps): JSX.Element {
  switch (place.view) {
    case 'overview':
      return <OverviewView alarms={alarms} />;
    case 'tasks':
      return <TasksView />;
    case 'task':
      return <TaskView taskId={place.id ?? ''} />;
    case 'failures':
      return <FailuresView />;
    case 'webhooks':
      return <WebhooksView />;
    case 'endpoint':
      return <EndpointView endpointId={place.id ?? ''} />;
    case 'accounts':
      return <AccountsView />;
    case 'account':
      return <AccountView accountId={place.id} />;
    case 'gate':
      return <GateView />;
    case 'alarms':
      return <AlarmsView alarms={alarms} />;
    case 'dead-letters':
      return <DeadLettersView />;
    case 'audit':
      return <AuditView />;
    case 'simulator':
      return <SimulatorView />;
    case 'runbook':
      return <RunbookView />;
    case 'unknown':
      return (
        <ViewFrame title="Not found">
          <EmptyNote>
            This view does not exist. <Link to="/">Overview</Link>
          </EmptyNote>
        </ViewFrame>
      );
  }
}
