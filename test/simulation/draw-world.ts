// A world from a seed. Each seed turns a random half of the faults off altogether (swarm testing): faults that are
// always all on hide one another, since a relay that crashes at every step never gets to where its webhook is lost.
// Times and counts are small, so that a seed takes some milliseconds and a failure can be read.
import { defaultSettings } from '../../core/domain/settings.ts';
import { Dice } from './dice.ts';
import { withKeeping } from './draw-keep.ts';
import { noFaults } from './world-plan.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../core/domain/time-ms.ts';
import type { PriceTable } from '../../core/domain/money/price-table.ts';
import type { RelaySettings } from '../../core/domain/settings.ts';
import type { FaultRates, Get3wPlan, Outage, PlannedAccount, PlannedJob, Spell, WorldPlan } from './world-plan.ts';

const NONSENSE_DICE = 227;
const MONEY_DICE = 929;
const POOL_DICE = 0x27d4eb2f;

/** No round number, so that a sum shows what it is made of. */
const PRICE_MICROS = 40_007;

const worldPrices: PriceTable = {
  unknown: PRICE_MICROS,
  models: { 'acme/film/text-to-video': { micros: 3 * PRICE_MICROS + 1 } },
};

type NonsenseRates = Pick<FaultRates, 'connectionsDead' | 'answersOdd' | 'retryAfterOdd' | 'outcomesOdd'>;

/** The most that a rate may be; a fault that is on is somewhere between a tenth of this and all of it. */
const ratesMax: Omit<FaultRates, keyof NonsenseRates> = {
  storeFails: 0.05,
  storeLies: 0.05,
  storeCollides: 0.1,
  crashes: 0.02,
  callsCrawl: 0.03,
  sendsFail: 0.2,
  messagesLost: 0.3,
  messagesDoubled: 0.3,
  messagesLate: 0.2,
  sweepsSkipped: 0.3,
  sweepsDoubled: 0.3,
  indexStale: 0.5,
  requestsLost: 0.1,
  answersLost: 0.2,
  answersGarbled: 0.1,
  answersSlow: 0.2,
  webhooksLost: 0.5,
  webhooksDoubled: 0.3,
  webhooksLate: 0.3,
  webhooksGarbled: 0.2,
  webhooksForged: 0.1,
};

const nonsenseMax: NonsenseRates = { connectionsDead: 0.15, answersOdd: 0.3, retryAfterOdd: 0.5, outcomesOdd: 0.2 };

function drawUpTo<Rates extends Partial<FaultRates>>(dice: Dice, most: Rates): Rates {
  const rates = Object.entries(most).map(([name, max]) => [name, dice.isLucky(0.5) ? dice.between(max / 10, max) : 0]);
  return Object.fromEntries(rates) as Rates;
}

/**
 * Half of the worlds have no nonsense at all. Drawn by dice of their own, and with a number for which the kept seeds are
 * in that half: they stay the worlds that found something.
 */
function drawRates(dice: Dice, seed: number): FaultRates {
  const nonsense = new Dice(seed ^ NONSENSE_DICE);
  const isOn = nonsense.isLucky(0.5);
  return { ...noFaults, ...drawUpTo(dice, ratesMax), ...(isOn && drawUpTo(nonsense, nonsenseMax)) };
}

/** Settings like a deployment's, with times shortened so that an hour of the world shows what takes a day. */
function drawSettings(dice: Dice, get3wSlots: number, isShortLived: boolean): RelaySettings {
  const isTold = dice.isLucky(0.5);
  const isPatient = dice.isLucky(0.1);
  const capMs = isPatient ? 25 * MINUTE_MS : dice.between(5, 60) * SECOND_MS;
  const retry = { attemptsMax: dice.whole(2, 8), baseMs: isPatient ? 20 * MINUTE_MS : dice.between(200, 4_000), capMs };
  return {
    ...defaultSettings,
    retry: {
      default: retry,
      'http-429': { attemptsMax: 50, baseMs: SECOND_MS, capMs: dice.between(2, 20) * SECOND_MS },
    },
    onDoubt: dice.pick(['wait', 'wait', 'resubmit', 'fail']),
    doubtHoldMs: dice.whole(1, 6) * MINUTE_MS,
    deadlineMs: isShortLived ? dice.whole(30, 900) * SECOND_MS : 24 * HOUR_MS,
    orphanHoldMs: dice.whole(1, 12) * MINUTE_MS,
    leaseMs: MINUTE_MS,
    graceMs: dice.whole(20, 60) * SECOND_MS,
    pollMinMs: dice.whole(5, 30) * SECOND_MS,
    pollMaxMs: dice.whole(1, 3) * MINUTE_MS,
    callbacks: dice.isLucky(0.7),
    gate: {
      ...defaultSettings.gate,
      limitStart: isTold ? get3wSlots : dice.whole(1, 6),
      limitMax: isTold ? get3wSlots : 10_000,
      limitProbeMs: dice.whole(5, 30) * SECOND_MS,
      accountProbeMs: dice.whole(5, 30) * SECOND_MS,
      circuit: {
        outcomesMin: dice.whole(4, 20),
        failureShare: 0.9,
        probeMs: 5 * SECOND_MS,
        probeMaxMs: 30 * SECOND_MS,
      },
    },
  };
}

function drawWindow(dice: Dice, faultsUntil: number): { from: number; until: number } {
  const from = dice.between(0, faultsUntil * 0.8);
  return { from, until: Math.min(faultsUntil, from + dice.between(5 * SECOND_MS, faultsUntil / 2)) };
}

function drawSpells(dice: Dice, faultsUntil: number, models: readonly string[]): readonly Spell[] {
  return Array.from({ length: dice.pick([0, 0, 1, 1, 2, 3]) }, () => ({
    manner: dice.pick([
      'failing',
      'failing',
      'own-500',
      'gateway-down',
      'unreachable',
      'resetting',
      'unauthorised',
      'unpaid',
      'limited-with-retry-after',
    ]),
    ...drawWindow(dice, faultsUntil),
    model: dice.isLucky(0.5) ? models[0] : undefined,
  }));
}

function drawGet3w(dice: Dice, faultsUntil: number, models: readonly string[], isShortLived: boolean): Get3wPlan {
  return {
    slots: dice.whole(1, 8),
    // Quick ones make a crowd at the gate, slow ones outlive leases, polls and holds.
    durationMeanMs: dice.isLucky(0.3) ? dice.between(100, 2_000) : dice.between(2, 60) * SECOND_MS,
    durationSigma: dice.between(0, 1),
    limitedShare: dice.isLucky(0.3) ? dice.between(0, 0.3) : 0,
    transientShare: dice.isLucky(0.5) ? dice.between(0, 0.4) : 0,
    transientCodes: [5003, 5003, 5000, 5004],
    fatalShare: dice.isLucky(0.3) ? dice.between(0, 0.2) : 0,
    // Only a deadline ends such a task; where that is a day away, nothing could be said of the rest.
    endlessShare: isShortLived && dice.isLucky(0.3) ? 0.2 : 0,
    spells: drawSpells(dice, faultsUntil, models),
  };
}

/** By dice of its own, so that the kept seeds stay the worlds that found something. */
function drawBudgets(dice: Dice): Pick<PlannedAccount, 'dayBudgetMicros' | 'monthBudgetMicros'> {
  return {
    dayBudgetMicros: dice.isLucky(0.3) ? dice.whole(3, 20) * PRICE_MICROS : undefined,
    monthBudgetMicros: dice.isLucky(0.2) ? dice.whole(3, 30) * PRICE_MICROS : undefined,
  };
}

function drawAccounts(dice: Dice, money: Dice): readonly [PlannedAccount, ...PlannedAccount[]] {
  const draw = (index: number): PlannedAccount => ({
    id: `acc_${index}`,
    weight: dice.pick([1, 1, 2, 5]),
    concurrentTasksMax: dice.isLucky(0.2) ? dice.whole(2, 8) : undefined,
    balanceMicros: dice.isLucky(0.3) ? dice.whole(3, 20) * PRICE_MICROS : undefined,
    ...drawBudgets(money),
  });
  return [draw(0), ...Array.from({ length: dice.whole(0, 2) }, (_, index) => draw(index + 1))];
}

function drawJobs(
  dice: Dice,
  accounts: readonly [PlannedAccount, ...PlannedAccount[]],
  models: readonly [string, ...string[]],
  withinMs: number,
): readonly PlannedJob[] {
  // A burst makes rivals, a drizzle meets every phase of an outage.
  const spreadMs = dice.pick([SECOND_MS, 20 * SECOND_MS, withinMs]);
  const cancelShare = dice.pick([0, 0, 0.1, 0.4]);
  return Array.from({ length: dice.whole(5, 30) }, () => ({
    at: dice.between(0, spreadMs),
    accountId: dice.pick(accounts).id,
    model: dice.pick(models),
    prioritySeconds: dice.isLucky(0.2) ? dice.whole(1, 3_600) : 0,
    hasKey: dice.isLucky(0.7),
    cancelAfterMs: dice.isLucky(cancelShare) ? dice.between(0, 4 * MINUTE_MS) : undefined,
    retries: dice.isLucky(0.3) ? dice.whole(1, 2) : 0,
  }));
}

/** One world in eight has no faults at all: there the books must be exact, and nothing may need a repair. */
const CALM_SHARE = 1 / 8;

function withoutFaults(plan: WorldPlan): WorldPlan {
  return {
    ...plan,
    rates: noFaults,
    outages: [],
    operatorPauses: [],
    clockSkewMs: 0,
    ...(plan.keep && { keep: { downloadsFail: 0, downloadsCut: 0, downloadsSlow: 0, bucketFails: 0 } }),
  };
}

/** The same seed gives the same world, on every machine. */
export function drawWorld(seed: number): WorldPlan {
  const plan = withPools(withKeeping(drawFaultyWorld(seed)));
  return new Dice(seed ^ 0x5bd1e995).isLucky(CALM_SHARE) ? withoutFaults(plan) : plan;
}

/** Gates of these worlds are small: in two of three they have pools all the same. */
function withPools(plan: WorldPlan): WorldPlan {
  const pooledFrom = new Dice(plan.seed ^ POOL_DICE).pick([1, 1, 3, 200]);
  return { ...plan, settings: { ...plan.settings, gate: { ...plan.settings.gate, pooledFrom } } };
}

function drawFaultyWorld(seed: number): WorldPlan {
  const dice = new Dice(seed);
  const isShortLived = dice.isLucky(0.35);
  const faultsUntil = dice.between(2, 20) * MINUTE_MS;
  const models: [string, ...string[]] = [
    'acme/sketch/text-to-image',
    ...(dice.isLucky(0.4) ? ['acme/film/text-to-video'] : []),
  ];
  const money = new Dice(seed ^ MONEY_DICE);
  const accounts = drawAccounts(dice, money);
  const get3w = drawGet3w(dice, faultsUntil, models, isShortLived);
  const outages = Array.from({ length: dice.pick([0, 0, 0, 1, 2]) }, (): Outage => {
    const { from, until } = drawWindow(dice, faultsUntil);
    return { of: dice.pick(['store', 'queues']), from, until: Math.min(until, from + 3 * MINUTE_MS) };
  });
  return {
    seed,
    settings: {
      ...drawSettings(dice, get3w.slots, isShortLived),
      charging: { failedWork: money.isLucky(0.7), doubts: money.isLucky(0.4) },
    },
    prices: worldPrices,
    get3w,
    accounts,
    jobs: drawJobs(dice, accounts, models, faultsUntil * 0.7),
    rates: drawRates(dice, seed),
    outages,
    operatorPauses: dice.isLucky(0.15) ? [drawWindow(dice, faultsUntil)] : [],
    clockSkewMs: dice.pick([0, 0, 100, 3_000]),
    callMs: dice.pick([
      [1, 3],
      [1, 30],
      [1, 200],
    ]),
    concurrency: dice.pick([1, 2, 5, 10]),
    batchMessagesMax: dice.pick([1, 5, 10]),
    faultsUntil,
    endsBy: faultsUntil + 3 * HOUR_MS,
  };
}
