// `npm run relay -- …`: the command line of a relay, deployed or on this machine. Everything is cli/'s.
// It works from outside: with AWS credentials on table, queues and secret, as nobody on the internet can.
import { runRelayCommand } from '../cli/relay-command.ts';

await runRelayCommand(process.argv.slice(2));
