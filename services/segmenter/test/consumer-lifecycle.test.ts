import { describeConsumerLifecycle } from '@wxcc-wfo/bus/testing';

describeConsumerLifecycle('the segmenter', new URL('./segmenter-lifecycle-subject.ts', import.meta.url));
