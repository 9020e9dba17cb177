// Where the page begins: its styles, and the app in the one element that index.html has for it.
import './frame/browser-locale.ts';
import { render } from 'preact';
import { App } from './app.tsx';
import '../style/tokens.css';
import '../style/base.css';
import '../style/frame.css';
import '../style/controls.css';
import '../style/panels.css';
import '../style/charts.css';
import '../style/tables.css';
import '../style/task.css';
import '../style/webhooks.css';
import '../style/desk.css';
import '../style/records.css';
import '../style/runbook.css';

const element = document.getElementById('console');
if (element) render(<App />, element);
