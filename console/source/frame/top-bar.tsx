// The bar at the top of every view: links to the views, the number of alarms that are on, and sign-out. On a narrow
// page the links are at the bottom, within reach of a thumb.
import { stopTraffic, useTraffic } from '../simulator/traffic.ts';
import { Link, referenceAddress, runbookPath } from './navigation.tsx';
import { useRelay } from './relay-context.ts';
import { ZoneChoice } from './zone-choice.tsx';
import icon from '../../icon.svg';
import type { ViewName } from './view-name.ts';
import type { JSX } from 'preact';

interface TopBarProps {
  readonly view: ViewName;
  /** Until the relay says otherwise. */
  readonly isOperator: boolean;
  /** How many alarms are on; undefined until the page knows. */
  readonly firing: number | undefined;
  readonly onSignOut: () => void;
}

interface Place {
  readonly view: ViewName;
  readonly to: string;
  readonly text: string;
  readonly isForOperators?: true;
}

const places: readonly Place[] = [
  { view: 'overview', to: '/', text: 'Overview' },
  { view: 'tasks', to: '/tasks', text: 'Tasks' },
  { view: 'failures', to: '/failures', text: 'Failures' },
  { view: 'webhooks', to: '/webhooks', text: 'Webhooks' },
  { view: 'accounts', to: '/accounts', text: 'Accounts' },
  { view: 'gate', to: '/gate', text: 'Gate', isForOperators: true },
  { view: 'alarms', to: '/alarms', text: 'Alarms', isForOperators: true },
  { view: 'dead-letters', to: '/dead-letters', text: 'Letters', isForOperators: true },
  { view: 'audit', to: '/audit', text: 'Audit', isForOperators: true },
];
const simulatorPlace: Place = { view: 'simulator', to: '/simulator', text: 'Simulator' };

export function TopBar({ view, isOperator, firing, onSignOut }: TopBarProps): JSX.Element {
  const { local } = useRelay();
  const all = local?.hasSimulator ? [...places, simulatorPlace] : places;
  // What only operators may see would lead others to a refusal.
  const shown = isOperator ? all : all.filter((place) => !place.isForOperators);
  return (
    <header class="bar-top">
      <a class="skip" href="#main">
        Skip to content
      </a>
      <Link to="/" class="brand">
        <img src={icon} alt="" width="24" height="24" />
        <span>Get3W Relay</span>
      </Link>
      <nav aria-label="Views">
        <ul>
          {shown.map((place) => (
            <li key={place.view}>
              <Link to={place.to} isCurrent={isWithin(view, place.view)} class="place">
                {place.text}
                {place.view === 'alarms' && firing !== undefined && firing > 0 && (
                  <span class="badge">
                    {firing}
                    <span class="unseen"> on</span>
                  </span>
                )}
              </Link>
            </li>
          ))}
          <li>
            <Link to={runbookPath()} isCurrent={view === 'runbook'} class="place">
              Runbook
            </Link>
          </li>
          <li>
            <a href={referenceAddress} class="place">
              API
            </a>
          </li>
        </ul>
      </nav>
      <div class="bar-tools">
        <TrafficSign />
        {local && <span class="tag tag-local">this machine</span>}
        <ZoneChoice />
        <button type="button" class="button button-quiet" onClick={onSignOut}>
          Sign out
        </button>
      </div>
    </header>
  );
}

function isWithin(view: ViewName, place: ViewName): boolean {
  return (
    view === place ||
    (view === 'task' && place === 'tasks') ||
    (view === 'endpoint' && place === 'webhooks') ||
    (view === 'account' && place === 'accounts')
  );
}

/** Traffic goes on while its slider is out of sight, so it can be stopped from everywhere. */
function TrafficSign(): JSX.Element | null {
  const { perSecond } = useTraffic();
  if (perSecond === 0) return null;
  return (
    <button type="button" class="button button-quiet" onClick={stopTraffic}>
      Stop {perSecond}/s
    </button>
  );
}
