export { describeConsumerLifecycle } from './consumer-lifecycle-suite.ts';
export { createLifecycleKit, type LifecycleKit } from './lifecycle-kit.ts';
export type { LifecycleSubject } from './lifecycle-subject.ts';
export { testLogger } from './silent-logger.ts';
export { slowCommits } from './slow-commits.ts';
