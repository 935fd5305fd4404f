import { describeConsumerLifecycle } from '@wxcc-wfo/bus/testing';

describeConsumerLifecycle('sync', new URL('./lifecycle-subject.ts', import.meta.url));
