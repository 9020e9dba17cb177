// Writes what the ends of attempts show about their models to the models' own rows, in no transaction: a tally is a
// statistic, which may miss an outcome when a function dies between the two writes, and the next outcomes make up for
// it. The domain decides whether a circuit opens or closes.
import { isForgettable, learnOutcome, wellModel } from '../domain/gate/circuit.ts';
import { modelOutcomes } from '../domain/task/derived-counts.ts';
import { commitOptimistically, tryPolicies } from '../ports/optimistic-commit.ts';
import type { ModelHealth } from '../domain/gate/circuit.ts';
import type { ModelOutcome, TaskChange } from '../domain/task/derived-counts.ts';
import type { FlowPorts } from '../ports/flow-ports.ts';
import type { Tried } from '../ports/optimistic-commit.ts';

/** Never throws: an outcome that cannot be tallied is logged, and its task is not affected. */
export async function learnOutcomes(ports: FlowPorts, changes: readonly TaskChange[]): Promise<void> {
  const byModel = Map.groupBy(changes, ({ after: { gateId, model } }) => `${gateId} ${model}`);
  await Promise.all([...byModel.values()].map((ofModel) => learnModel(ports, ofModel)));
}

async function learnModel(ports: FlowPorts, changes: readonly TaskChange[]): Promise<void> {
  const outcomes = changes.flatMap(modelOutcomes);
  const [change] = changes;
  if (!change || outcomes.length === 0) return;
  const { gateId, model } = change.after;
  try {
    await learnTogether(ports, gateId, model, outcomes);
  } catch (error) {
    ports.log.warn('Outcomes could not be tallied for their model', { gateId, model, error });
  }
}

function learnTogether(
  ports: FlowPorts,
  gateId: string,
  model: string,
  outcomes: readonly ModelOutcome[],
): Promise<void> {
  const { store, settings, clock, randomSource } = ports;
  const attempt = async (): Promise<Tried<void>> => {
    const now = clock.now();
    const known = (await store.loadModels(gateId, [model])).get(model);
    const before = known ?? wellModel(now);
    const context = { settings: settings.gate, now, random: () => randomSource.random() };
    const learned = outcomes.reduce((health, outcome) => learnOutcome(health, outcome, context), before);
    const after = isForgettable(learned, now) ? undefined : learned;
    if (after === known || (after === before && !known)) return { result: undefined };
    return (await store.saveModel(gateId, model, before, after)) ? { result: undefined } : 'lost';
  };
  return commitOptimistically(ports, {
    policy: tryPolicies.modelHealth,
    attempt,
    contended: () => new Error(`the tally of ${model} changed during every try`),
  });
}

/** Forgets models whose failures are long past; the others stay as they are. */
export async function forgetWellModels(
  { store, clock }: Pick<FlowPorts, 'store' | 'clock'>,
  gateId: string,
  models: ReadonlyMap<string, ModelHealth>,
): Promise<void> {
  const gone = [...models].filter(([, health]) => isForgettable(health, clock.now()));
  await Promise.all(gone.map(([model, health]) => store.saveModel(gateId, model, health, undefined)));
}
