import { describeConsumerLifecycle } from '@wxcc-wfo/bus/testing';

describeConsumerLifecycle('capture', new URL('./lifecycle-subject.ts', import.meta.url));
