// A simulator of Get3W: give it a request, get its answer. Routes requests by path to Get3W's own calls and to the
// simulator's; its servers (start-simulator.ts here, lambda/ in an AWS account) only carry bytes.
import { answerControlCall } from './control-api.ts';
import { FOREIGN_CALL_TEXT, isLoopbackCall } from './loopback-origin.ts';
import { answerOutput, answerProviderCall, checkKey } from './provider-api.ts';
import { errorAnswer } from './simulator-answers.ts';
import { SimulatorEngine } from './simulator-engine.ts';
import type { ProviderRules } from './provider-api.ts';
import type { SimulatorAnswer, SimulatorRequest } from './simulator-answers.ts';
import type { EngineOptions } from './simulator-engine.ts';
import type { Due, SimulatorPorts } from './simulator-ports.ts';

export interface SimulatorOptions extends EngineOptions {
  /** The valid keys; without them every key that begins with `sk_` is valid. */
  readonly apiKeys?: readonly string[] | undefined;
  /** Whether `/_simulator/…` requires a valid key too. @default false: only this machine can reach it */
  readonly isControlGuarded?: boolean;
  /**
   * Whether `/_simulator/…` refuses requests from pages of another origin, as every server on loopback must. @default
   * false
   */
  readonly isControlOfLoopback?: boolean;
  /** Whether only `https:` webhooks are called, and none inside a network that trusts its members. @default false */
  readonly isHttpsOnly?: boolean;
}

export class Simulator {
  readonly #engine: SimulatorEngine;
  readonly #rules: ProviderRules;
  readonly #isControlGuarded: boolean;
  readonly #isControlOfLoopback: boolean;

  private constructor(engine: SimulatorEngine, options: SimulatorOptions) {
    const { apiKeys, isControlGuarded, isControlOfLoopback, isHttpsOnly } = options;
    this.#engine = engine;
    this.#rules = { apiKeys: apiKeys === undefined ? null : new Set(apiKeys), isHttpsOnly: isHttpsOnly ?? false };
    this.#isControlGuarded = isControlGuarded ?? false;
    this.#isControlOfLoopback = isControlOfLoopback ?? false;
  }

  /** Opens the journal, replays it and resumes what it left running. */
  static async open(ports: SimulatorPorts, options: SimulatorOptions = {}): Promise<Simulator> {
    const engine = new SimulatorEngine(ports, options);
    await engine.open();
    return new Simulator(engine, options);
  }

  /** Answers one request. Never throws: a fault of the simulator itself is reported and answered as 500. */
  async handle(request: SimulatorRequest): Promise<SimulatorAnswer> {
    try {
      await this.#engine.catchUp();
      return await this.#route(request);
    } catch (error) {
      this.#engine.ports.reportFault(error);
      return errorAnswer(500);
    }
  }

  /** Does what `ports.schedule` was asked for; safe to call twice, early or late. */
  async perform(due: Due): Promise<void> {
    await this.#engine.catchUp();
    await this.#engine.perform(due);
  }

  async #route(request: SimulatorRequest): Promise<SimulatorAnswer> {
    const segments = splitPath(request.path);
    switch (segments?.[0]) {
      case 'v1':
        return answerProviderCall(this.#engine, this.#rules, request, segments);
      case 'outputs':
        return answerOutput(this.#engine, request, segments);
      case '_simulator':
        return this.#refuseControl(request) ?? answerControlCall(this.#engine, request, segments);
      default:
        return errorAnswer(404);
    }
  }

  #refuseControl({ headers }: SimulatorRequest): SimulatorAnswer | null {
    const call = { host: headers['host'], origin: headers['origin'] };
    if (this.#isControlOfLoopback && !isLoopbackCall(call)) return errorAnswer(403, FOREIGN_CALL_TEXT);
    return this.#isControlGuarded ? checkKey(this.#rules, headers['authorization']) : null;
  }
}

/** Decoded path segments; null when the encoding is broken. An encoded slash stays inside its segment. */
function splitPath(path: string): string[] | null {
  try {
    return path.split('/').slice(1).map(decodeURIComponent);
  } catch {
    return null;
  }
}
