export type { FaultKind, FaultRequest, RouteKind } from './faults/fault-board.ts';
export * from './ground-truth/index.ts';
export { defaultOptions, optionsFromEnvironment, type SimulatorOptions } from './options.ts';
export { createSimulator, type Simulator } from './simulator.ts';
export type { ScriptStep } from './story/script.ts';
export type { ScriptedTask } from './story/task-factory.ts';
