// Watches the relay as a whole, after all its parts are made: alarms of the account, the alarms that page, the
// dashboard, and the saved queries. Alarms on a single resource are in the construct that makes it.
import { Construct } from 'constructs';
import { AccountAlarms } from './account-alarms.ts';
import { PageAlarms } from './page-alarms.ts';
import { RelayDashboard } from './relay-dashboard.ts';
import { SavedQueries } from './saved-queries.ts';
import type { AlarmDefaults } from './alarm.ts';
import type { DashboardSubject } from './dashboard-rows.ts';

interface RelayWatchProps {
  readonly defaults: AlarmDefaults;
  readonly subject: DashboardSubject;
}

export class RelayWatch extends Construct {
  constructor(scope: Construct, id: string, { defaults, subject }: RelayWatchProps) {
    super(scope, id);
    new AccountAlarms(this, 'Account', { defaults });
    const { alarms: pages } = new PageAlarms(this, 'Pages', { defaults });
    new RelayDashboard(this, 'Board', { defaults, pages, subject });
    new SavedQueries(this, 'Queries', { service: defaults.service, logGroups: subject.logGroups });
  }
}
