export type { DirectorySwitch, OldRecords, Replacement } from './config/directory-store.ts';
export type { GeneratedSize } from './config/generated-records.ts';
export type { ConfigRecord } from './config/records.ts';
export type { DirectoryKind } from './control/directory-control-routes.ts';
export type { ActiveFault, FaultKind, FaultRequest, RouteKind } from './faults/fault-board.ts';
export * from './ground-truth/index.ts';
export { defaultOptions, optionsFromEnvironment, type SimulatorOptions } from './options.ts';
export { createSimulator } from './simulator.ts';
export type { Simulator } from './simulator-type.ts';
export type { ScriptStep } from './story/script.ts';
export type { ScriptedTask } from './story/task-factory.ts';
export {
  createSimulatorControl,
  type DirectoryFacts,
  type OauthChange,
  type SimulatorControl,
  type UserFacts,
} from './testing/simulator-control.ts';
