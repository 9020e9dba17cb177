// `npm run relay -- …`: the command line of a relay, deployed or on this machine. cli/ does everything. It works from
// outside the functions: with AWS credentials, on table, queues and secret, which nothing on the internet can reach.
import { enableCompileCache } from 'node:module';

// Half of a short command's time is the compiling of its modules, so this comes before they are loaded.
enableCompileCache();
const { runRelayCommand } = await import('../cli/relay-command.ts');
await runRelayCommand(process.argv.slice(2));
